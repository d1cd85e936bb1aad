/** Sender constraints: tokens without the proof or the certificate that they are to be bound to. */
import { thumbprint } from '@holdfast/client'
import { attack } from './attack.ts'
import { cibaGrant, codeGrant, deviceGrant, exchangeGrant, refreshGrant } from './grants.ts'
import { clientCredentials, push } from './requests.ts'
import type { Honest } from './stage.ts'

const withoutProof = (honest: Honest) => attack('RFC9449-5', [400, 'invalid_dpop_proof'], honest)

export const withoutProofs = [
  withoutProof(clientCredentials)(
    'client-credentials-without-proof',
    'A token by client credentials, without a proof',
    { proof: null },
  ),
  withoutProof(codeGrant)('code-without-proof', 'A stolen code, redeemed without a proof', {
    proof: null,
  }),
  withoutProof(deviceGrant)(
    'device-code-without-proof',
    'A device code that was approved, without a proof',
    { proof: null },
  ),
  withoutProof(exchangeGrant)(
    'exchange-without-proof',
    'A token for a token, without a proof of its key',
    { proof: null },
  ),
  attack('RFC9449-5', [400, 'invalid_request'], refreshGrant)(
    'refresh-without-proof',
    'A refresh without a proof',
    { proof: null },
  ),
  withoutProof(clientCredentials)(
    'certificate-for-a-proof',
    'A certificate, shown at the mTLS alias in the place of the proof',
    ({ victim, attacker: { base, certificate = null } }) => ({
      by: { ...victim, base },
      certificate,
      proof: null,
    }),
  ),
] as const

export const proofs = [
  attack('RFC9449-10.1', [400, 'invalid_dpop_proof'], push)(
    'dpop-jkt-of-another-key',
    'A pushed request whose dpop_jkt is not of the key that proves it',
    ({ attackersKey }) => ({ form: { dpop_jkt: thumbprint(attackersKey.publicJwk) } }),
  ),
  attack('RFC6749-4.1.3', [400, 'invalid_grant'], codeGrant)(
    'code-with-another-key',
    'A stolen code with the attacker’s own proof',
    ({ attackersKey }) => ({ proof: attackersKey }),
  ),
  attack('RFC9449-4.3-9', [400, 'invalid_dpop_proof'], clientCredentials)(
    'counterfeit-issuer',
    'A proof that the client made for the attacker’s server, relayed with its Host',
    { host: 'evil.example', claims: { htu: 'https://evil.example/token' } },
  ),
  attack('RFC9449-4.3-9', [400, 'invalid_dpop_proof'], clientCredentials)(
    'counterfeit-issuer-forwarded',
    'The same, relayed with X-Forwarded-Host',
    {
      fields: [['X-Forwarded-Host', 'evil.example']],
      claims: { htu: 'https://evil.example/token' },
    },
  ),
] as const

const bound: Honest = (scene, edit) => clientCredentials(scene, { by: scene.bound, ...edit })
const withoutCertificate = (honest: Honest) => attack('RFC8705-3', [400, 'invalid_request'], honest)

export const withoutCertificates = [
  withoutCertificate(bound)(
    'client-credentials-without-certificate',
    'A token by client credentials, without the certificate that it is to be bound to',
    { certificate: null },
  ),
  withoutCertificate(cibaGrant)(
    'ciba-without-certificate',
    'A token by CIBA, without the certificate',
    { certificate: null },
  ),
  attack('FAPI2SP-5.3.2.1-5', [400, 'invalid_request'], bound)(
    'proof-for-a-certificate',
    'A proof by the attacker’s key, in the place of the certificate',
    ({ attackersKey }) => ({ certificate: null, proof: attackersKey }),
  ),
] as const
