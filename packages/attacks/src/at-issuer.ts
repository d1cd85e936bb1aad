/**
 * The attacks on proofs where tokens are issued: at the token endpoint, and where authorization
 * requests are pushed. There a proof comes without an access token, and an error is 400.
 */
import { makeProof } from '@holdfast/client'
import type { ClauseId } from '@holdfast/sender-constraint'
import type { Attack } from './api/attack.ts'
import { ATTACKS } from './api/catalogue.ts'
import type { Edit, Scene } from './api/scene.ts'
import { send, valuesOf, type WireRequest } from './wire.ts'

/** An endpoint that takes forms, and what the honest client sends to it. */
export interface Issuing {
  readonly url: string
  /** With a client assertion that has not been used. */
  readonly form: () => Promise<Readonly<Record<string, string>>>
}

/** The same scene, its honest DPoP request being the one that asks for a token. */
export async function atIssuer(scene: Scene, { url, form }: Issuing): Promise<Scene> {
  let nonce: string | undefined
  const transmit = async (request: WireRequest) => {
    const response = await send(request, scene.trust)
    nonce = valuesOf(response, 'dpop-nonce')[0] ?? nonce
    return response
  }
  const byDpop = async (edit: Edit = {}): Promise<WireRequest> => {
    const proof = await makeProof(edit.key ?? scene.dpop.key, {
      method: 'POST',
      url,
      ...(nonce !== undefined && { nonce }),
      ...(edit.header && { header: edit.header }),
      ...(edit.claims && { claims: edit.claims }),
    })
    const fields = [
      ['Content-Type', 'application/x-www-form-urlencoded'],
      ['DPoP', proof],
    ] as const
    const body = new URLSearchParams(await form()).toString()
    return { method: 'POST', url, fields: edit.fields?.(fields) ?? fields, body }
  }
  await transmit(await byDpop()) // learns the nonce, where one is wanted
  return { ...scene, url, byDpop, send: transmit }
}

/** Those that are something else here, and why. */
const NOT_HERE: ReadonlySet<string> = new Set([
  'proof/missing', // whether one must come is the client's registration's to say
  'proof/htm', // POST is the method of this request
  'proof/for-the-token-endpoint',
  'time/just-ahead', // up to 60 seconds ahead are let through (FAPI2SP-5.3.2.1-13)
  'time/made-in-advance',
  'time/nbf', // 61 seconds ahead are 60 by the time they are there
  'time/nonce-left-out', // only the owner of a token comes under that rule
])

/** Dated further ahead than a nonce could excuse. */
const DATED_AHEAD: ReadonlySet<string> = new Set(['time/an-hour-ahead', 'time/milliseconds'])

interface AttackAtIssuer extends Pick<
  Attack,
  'id' | 'title' | 'situation' | 'overlaps' | 'answer' | 'play'
> {
  readonly clause: ClauseId
}

const here = ({
  id,
  title,
  clause,
  answer,
  situation,
  overlaps,
  play,
}: Attack): AttackAtIssuer => ({
  id,
  title,
  clause: DATED_AHEAD.has(id) ? 'FAPI2SP-5.3.2.1-13' : clause,
  answer: { ...answer, status: 400 },
  ...(situation && { situation }),
  ...(DATED_AHEAD.has(id) ? { overlaps: [clause] } : overlaps && { overlaps }),
  play,
})

export const ATTACKS_AT_ISSUER: readonly AttackAtIssuer[] = ATTACKS.filter(
  ({ id }) => (id.startsWith('proof/') || id.startsWith('time/')) && !NOT_HERE.has(id),
).map(here)
