import { defineConfig } from 'vitest/config'

const full = process.env['HOLDFAST_FULL'] === '1'

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts'],
    // What takes long or needs a registry: scripts/test --full
    exclude: full ? [] : ['**/*.full.test.ts'],
    // Many tests wait for a process of their own: one worker for each core, not one fewer.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      include: ['packages/*/src/**'],
      // Every line and branch of the checks is there because of a clause, and has its test.
      thresholds: { 'packages/sender-constraint/src/**': { 100: true } },
    },
  },
})
