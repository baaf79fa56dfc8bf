import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** The renderer: one page, the same files for Electron and for a browser. */
export default defineConfig({
  root: 'src/renderer',
  base: '/',
  plugins: [svelte({ configFile: false })],
  build: {
    outDir: '../../dist/renderer',
    emptyOutDir: true,
    // Electron 45 and current Chromium/Chrome only.
    target: 'chrome140',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
});
