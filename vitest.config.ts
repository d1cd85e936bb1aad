import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// So that hundreds of processes, the tests' own and those that they start, do not compile the same
// sources again. Coverage is to be exact, and turns it off (NODE_DISABLE_COMPILE_CACHE).
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/compiled')

const full = process.env['HOLDFAST_FULL'] === '1'

/** What takes longest: begun late, it would be all that runs in the end. */
const LONGEST = /bench\/test\/(soaks|as|many)|lab\/test\/(running|interop\/demos)|installed/

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const { long = [], short = [] } = Object.groupBy(sorted, ({ moduleId }) =>
      LONGEST.test(moduleId) ? 'long' : 'short',
    )
    return [...long, ...short]
  }
}

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'libraries',
          include: ['packages/!(lab|bench|ca)/test/**/*.test.ts'],
          // What they import, an authorization server for one, is loaded once for each worker.
          isolate: false,
        },
      },
      {
        extends: true,
        // These have to do with folders, signals and the environment: a process for each file.
        test: { name: 'programs', include: ['packages/{lab,bench,ca}/test/**/*.test.ts'] },
      },
    ],
    // What takes long or needs a registry: scripts/test --full
    exclude: full ? [] : ['**/*.full.test.ts'],
    // Many tests wait for a process of their own: one worker for each core, not one fewer.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      include: ['packages/*/src/**'],
      // Every line and branch of the checks is there because of a clause, and has its test.
      thresholds: { 'packages/sender-constraint/src/**': { 100: true } },
    },
  },
})
