/** What the token is constrained to, and how it is presented (RFC 7800, RFC 9449 §6, §7). */
import { createHash } from 'node:crypto'
import { certificateThumbprint, thumbprint } from '@holdfast/client'
import type { Attack } from './attack.ts'
import type { Scene } from './scene.ts'

const invalidToken = { status: 401, error: 'invalid_token' } as const

const confirmed = (
  id: string,
  title: string,
  clause: Attack['clause'],
  cnf: (scene: Scene) => unknown,
): Attack => ({
  id: `binding/${id}`,
  title,
  clause,
  answer: invalidToken,
  overlaps: ['FAPI2SP-5.3.4-5'],
  forges: true,
  play: async (scene) =>
    scene.send(scene.byMtls({ token: await scene.forged({ claims: { cnf: cnf(scene) } }) })),
})

const sha1 = (text: string): string => createHash('sha1').update(text).digest('base64url')
const hex = (text: string): string => Buffer.from(text, 'base64url').toString('hex')
const x5t = ({ mtls }: Scene): string => certificateThumbprint(mtls.certificate.chain)

export const nullConfirmation = confirmed('null-cnf', 'cnf is null', 'RFC7800-3.1', () => null)
export const textConfirmation = confirmed('text-cnf', 'cnf is the thumbprint', 'RFC7800-3.1', x5t)
export const listConfirmation = confirmed('list-cnf', 'cnf is a list', 'RFC7800-3.1', (scene) => [
  { 'x5t#S256': x5t(scene) },
])

export const jktInHex = confirmed('jkt-in-hex', 'jkt in hexadecimal', 'RFC9449-6.1', () => ({
  jkt: 'ab'.repeat(32),
}))
export const jktOfSha1 = confirmed(
  'jkt-of-sha1',
  'jkt is a SHA-1 thumbprint',
  'RFC9449-6.1',
  () => ({
    jkt: sha1('key'),
  }),
)

const certificateIn = (
  id: string,
  title: string,
  write: (thumbprint: string, scene: Scene) => string,
): Attack =>
  confirmed(id, title, 'RFC8705-3.1', (scene) => ({ 'x5t#S256': write(x5t(scene), scene) }))

export const x5tInHex = certificateIn('x5t-in-hex', 'x5t#S256 in hexadecimal', hex)
export const x5tPadded = certificateIn('x5t-padded', 'x5t#S256 with padding', (text) => `${text}=`)
export const x5tOfSha1 = certificateIn('x5t-of-sha1', 'x5t#S256 holds a SHA-1', sha1)
export const x5tOfPem = certificateIn(
  'x5t-pem',
  'x5t#S256 holds the certificate as PEM',
  (_, { mtls }) => mtls.certificate.chain,
)

export const emptyConfirmation: Attack = {
  ...confirmed('empty-cnf', 'cnf names no key', 'FAPI2SP-5.3.4-5', () => ({})),
  overlaps: [],
}

export const unknownMethod: Attack = {
  ...confirmed(
    'unknown-method',
    'cnf names a key in a way that we do not know',
    'FAPI2SP-5.3.4-5',
    () => ({
      kid: 'the key that we agreed on',
    }),
  ),
  overlaps: [],
}

export const halfProven: Attack = {
  id: 'binding/half-proven',
  title: 'A token bound to a key and to a certificate, with a proof by the key alone',
  clause: 'RFC8705-3',
  answer: invalidToken,
  forges: true,
  play: async (scene) => {
    const cnf = { jkt: thumbprint(scene.dpop.key.publicJwk), 'x5t#S256': x5t(scene) }
    return scene.send(await scene.byDpop({ token: await scene.forged({ claims: { cnf } }) }))
  },
}

export const otherHalfProven: Attack = {
  id: 'binding/other-half-proven',
  title: 'The same, as Bearer with the certificate alone',
  clause: 'RFC9449-7.2',
  answer: invalidToken,
  forges: true,
  play: async (scene) => {
    const cnf = { jkt: thumbprint(scene.dpop.key.publicJwk), 'x5t#S256': x5t(scene) }
    return scene.send(scene.byMtls({ token: await scene.forged({ claims: { cnf } }) }))
  },
}

export const unboundAsDpop: Attack = {
  id: 'binding/unbound-as-dpop',
  title: 'A bearer token with the scheme DPoP and a proof by the attacker’s key',
  clause: 'FAPI2SP-5.3.4-5',
  answer: invalidToken,
  overlaps: ['RFC9449-6'],
  forges: true,
  play: async ({ byDpop, send, forged, attacker }) =>
    send(await byDpop({ token: await forged({ claims: { cnf: undefined } }), key: attacker.key })),
}

export const downgradedWithProof: Attack = {
  id: 'binding/downgraded-with-proof',
  title: 'A DPoP-bound token as Bearer, with a good proof that nobody then looks at',
  clause: 'RFC9449-7.2',
  answer: invalidToken,
  play: async ({ byDpop, send }) => send(await byDpop({ scheme: 'Bearer' })),
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

export const athInHex: Attack = {
  id: 'binding/ath-in-hex',
  title: 'A proof with the right hash of the token, in hexadecimal digits',
  clause: 'RFC9449-4.3-12a',
  answer: { status: 401, error: 'invalid_dpop_proof' },
  play: async ({ byDpop, send, dpop }) => {
    const ath = createHash('sha256').update(dpop.token).digest('hex')
    return send(await byDpop({ claims: { ath } }))
  },
}

export const noAth: Attack = {
  id: 'binding/no-ath',
  title: 'A proof that was made for no token in particular',
  clause: 'RFC9449-4.3-12a',
  answer: { status: 401, error: 'invalid_dpop_proof' },
  play: async ({ byDpop, send }) => send(await byDpop({ claims: { ath: undefined } })),
}
