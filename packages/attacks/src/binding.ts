/** What the token is constrained to, and how it is presented (RFC 7800, RFC 9449 §6, §7). */
import type { Attack } from './attack.ts'

const invalidToken = { status: 401, error: 'invalid_token' } as const

export const malformedConfirmation: Attack = {
  id: 'binding/malformed-cnf',
  title: 'A token whose cnf holds a thumbprint in hexadecimal',
  clause: 'RFC7800-3.1',
  answer: invalidToken,
  overlaps: ['FAPI2SP-5.3.4-5'],
  forges: true,
  play: async ({ byMtls, send, forged }) =>
    send(byMtls({ token: await forged({ claims: { cnf: { jkt: 'ab'.repeat(32) } } }) })),
}

export const unbound: Attack = {
  id: 'binding/unbound-token',
  title: 'A bearer token: nothing in it says whose it is',
  clause: 'FAPI2SP-5.3.4-5',
  answer: invalidToken,
  forges: true,
  play: async ({ byMtls, send, forged }) =>
    send(byMtls({ token: await forged({ claims: { cnf: undefined } }), certificate: null })),
}

export const mislabelled: Attack = {
  id: 'binding/mislabelled',
  title: 'A DPoP-bound token of which introspection says token_type Bearer',
  clause: 'RFC9449-6.2',
  answer: invalidToken,
  situation: 'mislabelled',
  play: async ({ byDpop, send, opaqueUrl, url, opaqueToken, dpop }) =>
    send(await byDpop({ url: opaqueUrl ?? url, token: opaqueToken ?? dpop.token })),
}

export const certificateBoundAsDpop: Attack = {
  id: 'binding/certificate-bound-as-dpop',
  title: 'A stolen certificate-bound token with the scheme DPoP and a proof by the attacker’s key',
  clause: 'RFC9449-6',
  answer: invalidToken,
  overlaps: ['RFC8705-3'],
  play: async ({ byDpop, send, mtls, attacker }) =>
    send(await byDpop({ token: mtls.token, key: attacker.key })),
}

export const downgraded: Attack = {
  id: 'binding/downgraded-to-bearer',
  title: 'A stolen DPoP-bound token presented as Bearer, without any proof',
  clause: 'RFC9449-7.2',
  answer: invalidToken,
  play: ({ byMtls, send, dpop }) => send(byMtls({ token: dpop.token, certificate: null })),
}

export const stolenWithOwnKey: Attack = {
  id: 'binding/stolen-with-own-key',
  title: 'A stolen DPoP-bound token with a valid proof by the attacker’s key',
  clause: 'RFC9449-4.3-12b',
  answer: invalidToken,
  play: async ({ byDpop, send, attacker }) => send(await byDpop({ key: attacker.key })),
}

export const swappedToken: Attack = {
  id: 'binding/swapped-token',
  title: 'A captured proof, put beside another token of the same client',
  clause: 'RFC9449-4.3-12a',
  answer: { status: 401, error: 'invalid_dpop_proof' },
  play: async ({ byDpop, send, secondToken, dpop }) =>
    send(
      await byDpop({
        fields: (honest) =>
          honest.map(([name, value]) => [name, value.replace(dpop.token, secondToken)]),
      }),
    ),
}

export const noAth: Attack = {
  id: 'binding/no-ath',
  title: 'A proof that was made for no token in particular',
  clause: 'RFC9449-4.3-12a',
  answer: { status: 401, error: 'invalid_dpop_proof' },
  play: async ({ byDpop, send }) => send(await byDpop({ claims: { ath: undefined } })),
}
