import { StyleProvider } from '@ant-design/cssinjs';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { App as AntdApp, ConfigProvider } from 'antd';
import en from 'antd/locale/en_US';
import zh from 'antd/locale/zh_CN';
import { RouterProvider } from 'react-router/dom';
import { ApiProblem } from '../api/client.ts';
import { LastResort } from './broken.tsx';
import { useIsDark, useLanguage } from './preferences.ts';
import { router } from './routes.tsx';
import { SessionProvider } from './session.tsx';
import { antdTheme } from './theme.ts';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // What was refused stays refused; what could not be reached may come back.
      retry: (tries, error) => tries < 2 && error instanceof ApiProblem && (error.status === 0 || error.status >= 502),
      refetchOnWindowFocus: true,
      // A browser that thinks itself offline is asked all the same: else nothing would say that what is shown is old.
      networkMode: 'always',
    },
  },
});

export function App() {
  const language = useLanguage();
  const isDark = useIsDark();
  return (
    // Outside of antd's: its dialogs are drawn there, and what is in them asks the API as well.
    <QueryClientProvider client={client}>
      <StyleProvider layer>
        <ConfigProvider
          theme={antdTheme(isDark)}
          locale={language === 'zh' ? zh : en}
          button={{ autoInsertSpace: false }}
          wave={{ disabled: true }}
        >
          <LastResort>
            <AntdApp component={false}>
              <SessionProvider>
                <RouterProvider router={router} />
              </SessionProvider>
            </AntdApp>
          </LastResort>
        </ConfigProvider>
      </StyleProvider>
    </QueryClientProvider>
  );
}
