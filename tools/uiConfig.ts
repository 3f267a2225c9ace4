import { resolve } from 'node:path'
import type { InlineConfig } from 'vite'

/** How the UI is built. Inline files would need `data:` in more places of the content security policy. */
export const uiConfig: InlineConfig = {
  configFile: false,
  root: resolve(import.meta.dirname, '../web'),
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic' } },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    emptyOutDir: true,
    rolldownOptions: {
      onLog: (level, log, report) => {
        // Packages mark what runs in a browser; here everything does.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log)
      },
    },
  },
}
