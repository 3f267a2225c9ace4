import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'web/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'examples/**'],
    testTimeout: 20_000,
    // Two cores are the norm in CI; more forks only fight each other and the processes that tests start.
    maxWorkers: 2,
  },
})
