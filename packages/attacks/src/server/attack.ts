import type { ClauseId } from '@holdfast/sender-constraint'
import type { WireResponse } from '../wire.ts'
import type { Edit, Honest, IssuerScene } from './stage.ts'

/** An honest request to the authorization server with one edit, and what must become of it. */
export interface ServerAttack {
  readonly id: `server/${string}`
  /** What the attacker does. */
  readonly title: string
  /** What refuses it. */
  readonly clause: ClauseId
  /** The exact answer of the lab's server. */
  readonly answer: { readonly status: number; readonly error: string }
  /** Has a certificate issued and revoked, of which the lists tell from then on. */
  readonly revokes?: true
  /** Plays it; the answer to the last request counts. */
  readonly play: (scene: IssuerScene) => Promise<WireResponse>
  /** The same without the edit, which is served: whatever was refused, it was the edit. */
  readonly honest: (scene: IssuerScene) => Promise<WireResponse>
}

type Refusal = readonly [status: number, error: string]

/** What an edit needs the scene for, or the time, is known when the attack is played. */
type EditOf = Edit | ((scene: IssuerScene) => Edit | Promise<Edit>)

/** Those that edit one request, and that one clause refuses with one answer. */
export const attack =
  (clause: ClauseId, [status, error]: Refusal, honest: Honest) =>
  (id: string, title: string, edit: EditOf): ServerAttack => ({
    id: `server/${id}`,
    title,
    clause,
    answer: { status, error },
    play: async (scene) => honest(scene, typeof edit === 'function' ? await edit(scene) : edit),
    honest: (scene) => honest(scene),
  })
