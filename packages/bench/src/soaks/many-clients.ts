import { inChild } from './in-child.ts'
import type { Soak } from './soak.ts'

export const manyClients: Soak = {
  name: 'many-clients',
  shows:
    'A decision costs the same for 10 clients and for as many as are kept (10,000), and little more beyond.',
  counts: 'the most clients, which take turns; measured at each power of ten from 10',
  rounds: 100_000,
  run: (rounds) => inChild(new URL('./many-clients-measured.ts', import.meta.url), rounds),
}
