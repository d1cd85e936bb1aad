import type {
  CertificateStatus,
  KnownCredentials,
  NonceKeeper,
  ProofHeader,
  Recent,
} from '@holdfast/sender-constraint'
import type { ReplayMemory } from '@holdfast/store'
import type { Reporter } from '@holdfast/trace'
import type { Cache } from './cache.ts'
import type { ExternalUrls } from './hop/external-url.ts'
import type { Hops } from './hop/hops.ts'
import type { Observation } from './observation.ts'
import type { TokenReader } from './tokens.ts'

/** What all routes of one resource server share. */
export interface Protected {
  /** Our external base URL, without a slash at the end: `htu` must begin with it. */
  readonly resource: string
  /** The same and our others, by host: hops choose among them. */
  readonly externalUrls: ExternalUrls
  /** `undefined`: nobody stands between us and the clients. */
  readonly hops: Hops | undefined
  /** Asked about certificates that tokens are bound to, where the route's trust is `pki`. */
  readonly certificateStatus: CertificateStatus | undefined
  readonly tokens: TokenReader
  readonly memory: ReplayMemory
  readonly nonces: NonceKeeper
  /** What was accepted, by its text, so that it need not be parsed again: it is still checked. */
  readonly accepted: {
    /** Authorization fields. */
    readonly credentials: KnownCredentials
    /** Headers of proofs, with their keys imported. */
    readonly headers: Recent<ProofHeader>
  }
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly report: Reporter
  /** Told of every decision: for logs and metrics. It returns at once and does not throw. */
  readonly observe: ((observation: Observation) => void) | undefined
  /** Name the clause in `error_description`. For laboratories: it tells attackers as much. */
  readonly explain: boolean
}

export type ServerOptions = Pick<Protected, 'resource' | 'tokens' | 'memory'> & {
  /** 32 random bytes, the same on every node of this server. */
  readonly nonceSecret: Uint8Array
  /** Seconds for which a nonce is accepted. Default: 300. */
  readonly nonceLifetime?: number
  /** How many clients' keys are kept imported. Default: 10,000. */
  readonly keptKeys?: number
  /** Reverse proxies in front of us that end the clients' TLS. Default: none. */
  readonly hops?: Hops
  /**
   * Further base URLs by which clients know us, each with a host of its own. A hop says by
   * `X-Forwarded-Host` or `Forwarded` which one was asked for; if it does not, it was `resource`.
   */
  readonly externalUrls?: readonly string[]
  /**
   * Says whether a client certificate is good, for routes with `certificateTrust: 'pki'`: asked at
   * every request, synchronously, so it answers from memory.
   */
  readonly certificateStatus?: CertificateStatus
  /** Told of every cache when the route is made: for metrics. A cache of several routes, of each. */
  readonly caches?: (cache: Cache) => void
} & Partial<Pick<Protected, 'now' | 'report' | 'explain' | 'observe'>>
