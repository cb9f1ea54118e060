import type { ThemeConfig } from 'antd';
import { theme } from 'antd';

/** antd's own colours, from the same ink and paper as page.css. */
export function antdTheme(isDark: boolean): ThemeConfig {
  const ink = isDark
    ? { colorPrimary: '#98a5ff', colorBgBase: '#151a2b', colorTextBase: '#e9ebf4', colorError: '#ff938a' }
    : { colorPrimary: '#3a47b8', colorBgBase: '#ffffff', colorTextBase: '#1b2133', colorError: '#b62828' };
  return {
    algorithm: isDark ? theme.darkAlgorithm : theme.defaultAlgorithm,
    cssVar: { key: isDark ? 'antd-dark' : 'antd-light' },
    hashed: false,
    token: {
      ...ink,
      ...(isDark
        ? {
            colorPrimary: '#98a5ff',
            colorPrimaryHover: '#b1bbff',
            colorPrimaryActive: '#8793f5',
            colorTextLightSolid: '#0d111e',
            colorBgContainer: '#1a2034',
            colorBgContainerDisabled: '#20263b',
            colorBgElevated: '#1d2338',
            colorBorder: '#4a5479',
            colorTextPlaceholder: '#8f98b1',
            colorTextDescription: '#a2aac0',
            colorTextDisabled: '#7e88a3',
          }
        : {
            colorBorder: '#b9b5a8',
            colorTextPlaceholder: '#6a7286',
            colorTextDescription: '#565f74',
            colorTextDisabled: '#767d90',
          }),
      colorLink: ink.colorPrimary,
      borderRadius: 8,
      fontFamily: 'var(--sans)',
      fontFamilyCode: 'var(--mono)',
      fontSize: 14,
      controlHeight: 34,
      motion: !window.matchMedia('(prefers-reduced-motion: reduce)').matches,
    },
    components: {
      Button: {
        ...(isDark ? { primaryColor: '#0d111e' } : {}),
        primaryShadow: 'none',
        defaultShadow: 'none',
        dangerShadow: 'none',
        fontWeight: 500,
      },
      Modal: { titleFontSize: 17 },
    },
  };
}
