import { defineConfig } from 'vitest/config'
import { findChromium } from './test/browser/chromium.ts'

const found = findChromium()
if (found === undefined)
  process.stdout.write(
    'No Chromium on this machine: the tests in a browser are skipped. Install it (Debian: apt install chromium) or name one in CHROMIUM.\n',
  )

export default defineConfig({
  test: {
    include: found === undefined ? [] : ['test/browser/*.e2e.ts'],
    passWithNoTests: true,
    testTimeout: 240_000,
    hookTimeout: 240_000,
    fileParallelism: false,
  },
})
