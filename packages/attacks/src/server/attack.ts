import type { ClauseId } from '@holdfast/sender-constraint'
import type { WireResponse } from '../wire.ts'
import type { IssuerScene } from './stage.ts'

/** An honest request to the authorization server with one edit, and what must become of it. */
export interface ServerAttack {
  readonly id: `server/${string}`
  /** What the attacker does. */
  readonly title: string
  /** What refuses it. */
  readonly clause: ClauseId
  /** The exact answer of the lab's server. */
  readonly answer: { readonly status: number; readonly error: string }
  /** Plays it; the answer to the last request counts. */
  readonly play: (scene: IssuerScene) => Promise<WireResponse>
}

type Refusal = readonly [status: number, error: string]
type Play = ServerAttack['play']

/** Those that one clause refuses with one answer. */
export const attack =
  (clause: ClauseId, [status, error]: Refusal) =>
  (id: string, title: string, play: Play): ServerAttack => ({
    id: `server/${id}`,
    title,
    clause,
    answer: { status, error },
    play,
  })
