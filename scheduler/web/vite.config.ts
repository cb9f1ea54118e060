import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * antd writes its styles while it runs, as `<style>` elements, which a policy without 'unsafe-inline' refuses. All of
 * them go through two small modules; ours in their place puts the same text into constructed style sheets, which the
 * policy allows because no markup can make one.
 */
function stylesAsSheets(): Plugin {
  const sheets = here('./src/look/style-sheets.js');
  return {
    name: 'styles-as-sheets',
    enforce: 'pre',
    load(id) {
      const path = id.replaceAll('\\', '/').split('?')[0] ?? '';
      const writesStyles =
        /@rc-component\/util\/(es|lib)\/Dom\/dynamicCSS\.js$/.test(path) ||
        /@ant-design\/icons\/(es|lib)\/cssUtils\.js$/.test(path);
      return writesStyles ? `export * from ${JSON.stringify(sheets)};` : null;
    },
  };
}

/** `npm run dev` here serves the page beside a scheduler: DAYBREAK_API says where that one listens. */
const api = process.env.DAYBREAK_API ?? 'http://127.0.0.1:7070';

export default defineConfig({
  root: here('.'),
  base: './',
  plugins: [stylesAsSheets(), react()],
  build: {
    outDir: here('../../dist/scheduler/web'),
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    manifest: 'manifest.json',
    chunkSizeWarningLimit: 1500,
  },
  server: { proxy: { '/api': api, '/openapi.json': api } },
});
