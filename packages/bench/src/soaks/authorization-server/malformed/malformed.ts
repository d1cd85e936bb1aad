import { inChild } from '../../in-child.ts'
import type { Soak } from '../../soak.ts'

export const malformedForServer: Soak = {
  name: 'as-malformed',
  shows:
    'Whatever is sent to whichever endpoint of the authorization server: no exception, no 5xx, nothing of its inside in an answer, no growth of memory; and honest requests are served all the while.',
  counts:
    'requests: three in four an honest one with an edit, the others by fast-check; some as spoilt bytes',
  rounds: 100_000,
  run: (rounds) => inChild(new URL('./measured.ts', import.meta.url), rounds),
}
