import { inChild } from '../in-child.ts'
import type { Soak } from '../soak.ts'

export const malformed: Soak = {
  name: 'malformed',
  shows:
    'Whatever is sent: no exception, no 5xx, nothing accepted, no growth of memory; and the honest request is served all the while.',
  counts: 'generated requests; one in fifty goes over a socket',
  rounds: 1_000_000,
  run: (rounds) => inChild(new URL('./measured.ts', import.meta.url), rounds),
}
