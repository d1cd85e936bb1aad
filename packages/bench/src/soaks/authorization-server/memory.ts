/** The authorization server does not grow with what it has issued. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { running, storeOf } from '../../as/targets.ts'
import type { Store } from '../../as/stores.ts'
import type { Kind } from '../../as/load/order.ts'
import { Children, toLoadCore } from '../../machine.ts'
import { newFolder } from '../processes.ts'
import { Broken, type Findings, type Line, type Say, type Soak } from '../soak.ts'
import { type Engine, ENGINES } from './engines.ts'

/** Codes that are redeemed for so many tokens: each leaves a grant that lives. */
const TOKENS_PER_GRANT = 200
const PARTS = 10
/** Bytes. A token that leaves more than this behind would show after a million. */
const MOST_PER_TOKEN = 100
/** Bytes by which the heap may breathe. */
const BREATH = 64 * 2 ** 20

export const memory: Soak = {
  name: 'as-memory',
  shows:
    'The resident memory of an authorization server does not depend on the tokens that it has issued, nor on the grants that live.',
  counts: `tokens; a grant for each ${TOKENS_PER_GRANT} of them`,
  rounds: 1_000_000,
  engines: ENGINES,
  run: async (rounds, say, engine) => {
    toLoadCore()
    const [children, broken] = [new Children(), new Broken()]
    const folder = newFolder()
    try {
      const store = await storeOf(engine, { folder })
      const all = { children, folder, store, engine, say, broken }
      const tokens = await grow(all, 'dpop', rounds)
      const grants = await grow(all, 'code', Math.ceil(rounds / TOKENS_PER_GRANT))
      return { table: [tokens, grants], broken: broken.list } satisfies Findings
    } finally {
      await children.close()
    }
  },
}

interface About {
  readonly children: Children
  readonly folder: string
  readonly store: Store
  readonly engine: Engine
  readonly say: Say
  readonly broken: Broken
}

async function grow(about: About, kind: Kind, times: number): Promise<Line> {
  const { children, folder, store, engine, say, broken } = about
  const { pid, ask } = await running({ children, folder, connections: 16 }, kind, 'ours', store)
  const what = kind === 'dpop' ? 'tokens' : 'grants'
  const resident: number[] = []
  const stored: number[] = []
  const share = Math.ceil(times / PARTS)
  for (let part = 0; part < PARTS; part += 1) {
    await ask({ times: share })
    resident.push(residentOf(pid))
    stored.push(bytesIn(store))
    say(`${(part + 1) * share} ${what}: ${megabytes(resident.at(-1)!)} MiB resident`)
  }
  // The first half is warming up: compiled code, caches, a heap that takes what it is allowed.
  const later = (share * PARTS) / 2
  const half = PARTS / 2 - 1
  const grown = resident.at(-1)! - resident[half]!
  if (grown > BREATH + MOST_PER_TOKEN * later)
    broken.add(`after the first half of the ${what} it grew by ${megabytes(grown)} MiB`)
  return {
    what,
    on: engine,
    count: share * PARTS,
    'MiB after a half': megabytes(resident[half]!),
    'MiB at the end': megabytes(resident.at(-1)!),
    'bytes for each': Math.round(grown / later),
    'bytes of file for each':
      store.engine === 'sqlite' ? Math.round((stored.at(-1)! - stored[half]!) / later) : '',
  }
}

/** proc(5): in kB. */
const residentOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

const bytesIn = (store: Store): number =>
  store.engine === 'sqlite'
    ? readdirSync(store.folder).reduce(
        (sum, name) => sum + statSync(join(store.folder, name)).size,
        0,
      )
    : 0

const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20)
