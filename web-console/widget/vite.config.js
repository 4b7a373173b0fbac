// The widget is one classic script, since a site embeds it with one line; beside it the page for trying it.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  build: {
    outDir: '../dist',
    // The console was built into the same folder before.
    emptyOutDir: false,
    target: 'es2020',
    lib: { entry: 'src/main.ts', formats: ['iife'], name: 'ramalWidget', fileName: () => 'widget.js' },
    reportCompressedSize: true,
  },
});
