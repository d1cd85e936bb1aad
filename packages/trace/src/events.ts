/**
 * What a participant may say about an exchange. The sender of a request reports the request and the
 * response it got; the receiver reports what it decided. Nothing is said twice.
 *
 * Events carry tokens and proofs on purpose: the trace is the lab's microscope. It exists on
 * loopback only and is off wherever no reporter is given.
 */

export type Participant =
  | 'user-agent'
  | 'client'
  | 'attacker'
  | 'authorization-server'
  | 'resource-server'
  | 'gateway'

interface EventBase {
  /** W3C trace id: 32 hexadecimal digits. One flow is one trace. */
  readonly trace: string
  /** W3C parent id of the exchange: 16 hexadecimal digits. One exchange is one span. */
  readonly span: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly by: Participant
}

export type Fields = readonly (readonly [name: string, value: string])[]

export interface RequestEvent extends EventBase {
  readonly type: 'request'
  readonly method: string
  readonly url: string
  readonly headers: Fields
  readonly body?: string
  /** SHA-256 thumbprint of the client certificate offered on the connection, base64url. */
  readonly certificate?: string
}

export interface ResponseEvent extends EventBase {
  readonly type: 'response'
  readonly status: number
  readonly headers: Fields
  readonly body?: string
}

export interface DecisionEvent extends EventBase {
  readonly type: 'decision'
  /** Every row in the order of the table. Empty where none was asked. */
  readonly rows: readonly { readonly clause: string; readonly outcome: string }[]
  readonly refusal?: {
    readonly clause?: string
    readonly error?: string
    readonly sentence: string
    readonly expected?: string
    readonly actual?: string
  }
}

export type TraceEvent = RequestEvent | ResponseEvent | DecisionEvent

/** Takes an event and returns at once; it never throws and never delays the exchange. */
export type Reporter = (event: TraceEvent) => void

export const silent: Reporter = () => {}
