import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Tests with real processes meet a machine that stands still for seconds: one that failed is run once more, and the
    // report says so. What is deterministic fails twice.
    retry: 1,
    include: ['src/**/*.test.ts', 'web/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'examples/**'],
    testTimeout: 20_000,
    // Two cores are the norm in CI; more forks only fight each other and the processes that tests start.
    maxWorkers: 2,
  },
})
