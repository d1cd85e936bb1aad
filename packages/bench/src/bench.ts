import type { Children } from './machine.ts'
import type { Clients } from './load/clients.ts'
import type { Issuer } from './load/issuer.ts'

/** What the targets of one run share. */
export interface Bench {
  readonly children: Children
  /** For temporary files. */
  readonly folder: string
  readonly issuer: Issuer
  readonly clients: Clients
  /** Connections that are kept open while the load runs. */
  readonly connections: number
}

/** One way of serving a request, and how it is loaded. */
export interface Target {
  /** For `--only` and for figures that refer to it. */
  readonly name: string
  readonly title: string
  /** The name of the same server without the check. */
  readonly bare?: string
  /** Why it cannot run here; `undefined`: it can. */
  readonly missing?: () => string | undefined
  /** Starts it, and shows that it takes what it should and refuses what it should. */
  readonly start: (bench: Bench) => Promise<Contender>
}

/** A target that runs. */
export interface Contender {
  /** Does it refuse a proof that was used before? `undefined`: it takes none. */
  readonly refusesReplay?: boolean
  /** @param seconds about how long to measure */
  readonly measure: (seconds: number) => Promise<Measurement>
}

export interface Measurement {
  readonly perSecond: number
  /** Per second of processor time that the server used. Absent where it cannot be known. */
  readonly perCpuSecond?: number
  /** Milliseconds. */
  readonly p50?: number
  readonly p99?: number
}
