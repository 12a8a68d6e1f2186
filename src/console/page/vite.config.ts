/** How the console's page is bundled: `npm run page`, and once at install. Everything it needs ends up beside it. */
import { defineConfig } from 'vite';

export default defineConfig({
  // An install may be linked into a second working copy.
  resolve: { preserveSymlinks: true },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2024',
    modulePreload: { polyfill: false },
    // The page's policy allows files of its own origin, and nothing that is written into a page.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2_000,
  },
});
