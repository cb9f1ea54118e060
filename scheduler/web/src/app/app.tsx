import { StyleProvider } from '@ant-design/cssinjs';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { App as AntdApp, ConfigProvider } from 'antd';
import en from 'antd/locale/en_US';
import zh from 'antd/locale/zh_CN';
import { RouterProvider } from 'react-router/dom';
import { ApiProblem } from '../api/client.ts';
import { AskProvider } from '../look/ask.tsx';
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
    },
  },
});

export function App() {
  const language = useLanguage();
  const isDark = useIsDark();
  return (
    <StyleProvider layer>
      <ConfigProvider
        theme={antdTheme(isDark)}
        locale={language === 'zh' ? zh : en}
        button={{ autoInsertSpace: false }}
        wave={{ disabled: true }}
      >
        <AntdApp component={false}>
          <QueryClientProvider client={client}>
            <SessionProvider>
              <AskProvider>
                <RouterProvider router={router} />
              </AskProvider>
            </SessionProvider>
          </QueryClientProvider>
        </AntdApp>
      </ConfigProvider>
    </StyleProvider>
  );
}
