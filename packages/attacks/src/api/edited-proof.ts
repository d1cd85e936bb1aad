/** What attacks on the proof have in common: the honest request, with a proof that is edited. */
import type { Attack } from './attack.ts'
import type { Edit } from './scene.ts'

export const invalidProof = { status: 401, error: 'invalid_dpop_proof' } as const

/** An attack that differs from the honest request only in its proof. */
export const edited = (
  id: string,
  clause: Attack['clause'],
  title: string,
  edit: Edit,
  more: Partial<Attack> = {},
): Attack => ({
  id: `proof/${id}`,
  clause,
  title,
  answer: invalidProof,
  play: async ({ byDpop, send }) => send(await byDpop(edit)),
  ...more,
})

/** Replaces the sealed proof. */
export const resealed = (change: (proof: string) => string): Edit => ({
  fields: (honest) =>
    honest.map(([name, value]) => [name, name === 'DPoP' ? change(value) : value]),
})
