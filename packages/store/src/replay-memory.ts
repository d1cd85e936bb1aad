/**
 * What a server must remember of the proofs it has accepted (RFC 9449 §11.1).
 *
 * A memory can lose everything: a restart, a flush, a failover. It says so by its *generation*, and
 * by `since`, the moment from which it is complete. A proof that could have been used before `since`
 * must not be accepted on its `iat` alone; the server challenges it with a nonce instead.
 */
export interface ReplayMemory {
  /** Names this life of the memory. Changes whenever records may have been lost. */
  readonly generation: string
  /** Milliseconds since the epoch: every record put at or after this moment is still here. */
  readonly since: number
  /**
   * Remembers one use, atomically: of any number of equal uses in parallel, on one node or on many,
   * exactly one is `recorded`. Rejects where the memory cannot be reached; the caller then refuses.
   */
  put(use: Use): Promise<Put>
  /**
   * Remembers that a nonce was given to the owner of a key, who must use one from now on (RFC 9449
   * §11.3): a use of its without one is `nonce-left-out`. Learns the present generation on the way,
   * so that a nonce that is made afterwards is of it. Rejects where the memory cannot be reached.
   *
   * @param until milliseconds since the epoch: when that nonce expires
   */
  nonceGiven(owner: string, until: number): Promise<void>
  /**
   * Learns the present generation: it may have begun on another node, whose nonces this one does not
   * know yet. Rejects where the memory cannot be reached.
   */
  look(): Promise<void>
  /**
   * How much is kept now, for metrics: asked when they are read, never for a request. Rejects where
   * the memory cannot be reached. An engine that does not know leaves it out.
   */
  kept?(): Promise<Kept>
}

export interface Kept {
  /** Records that take room: what has ended counts until it is cleared away. */
  readonly uses: number
  /** Owners of keys who were given a nonce; absent where the engine does not count them. */
  readonly nonces?: number
}

export interface Use {
  /**
   * What must not be used twice: any string. Best a SHA-256 in base64url (43 characters), which is
   * what an engine that stores digests takes as it is; anything else it hashes first.
   */
  readonly key: string
  /** Whose quota the record counts against: the thumbprint of the proof's key. */
  readonly owner: string
  /** Milliseconds since the epoch: the last instant at which the use could be accepted again. */
  readonly until: number
  /**
   * The generation whose `since` the caller looked at. Where the memory has another by now, the put
   * is answered `new-generation`; absent, it is judged by what this node knows when it puts.
   */
  readonly generation?: string
  /** The proof has no nonce: it counts only for an owner who has not been given one. */
  readonly withoutNonce?: boolean
}

/** How much a memory holds. It refuses what is beyond. */
export interface Limits {
  /** Live records of all owners together. */
  readonly records: number
  /** Live records of one owner. */
  readonly perOwner: number
}

export const LIMITS: Limits = { records: 1_000_000, perOwner: 100_000 }

/**
 * - `recorded`: the first use
 * - `seen`: used before
 * - `nonce-left-out`: the owner was given a nonce that has not expired, and has not used one
 * - `new-generation`: the memory has lost records since the caller last looked; nothing is promised
 * - `full`: no room; never answered by forgetting something else
 * - `over-quota`: the owner has too many live records
 */
export type Put = 'recorded' | 'seen' | 'nonce-left-out' | 'new-generation' | 'full' | 'over-quota'
