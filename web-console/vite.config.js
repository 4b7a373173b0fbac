// Debian 12 has Node.js 18, which is why this is Vite 6 and not a newer one.
import { defineConfig } from 'vite';

// Where the gateway, or dev/mock.mjs, answers while one develops.
const backend = process.env.RAMAL ?? 'http://127.0.0.1:8081';
const proxied = { target: backend, changeOrigin: false, ws: true };

export default defineConfig({
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: {
    target: 'es2022',
    // light-dark() and nesting as written: what cannot read them cannot do WebRTC as we need it either.
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    // The policy of the page forbids inline code and data: addresses of scripts and styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { proxy: { '/api': proxied, '/hooks': proxied, '/live': proxied, '/widget.js': proxied } },
});
