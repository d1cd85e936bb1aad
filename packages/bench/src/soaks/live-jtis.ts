import { inChild } from './in-child.ts'
import type { Soak } from './soak.ts'

export const liveJtis: Soak = {
  name: 'live-jtis',
  shows:
    'A decision costs the same however many used proofs are remembered, and each takes 100 bytes or fewer.',
  counts: 'the most live jtis, in one process; measured at each power of ten from 100',
  rounds: 10_000_000,
  run: (rounds) => inChild(new URL('./live-jtis-measured.ts', import.meta.url), rounds),
}
