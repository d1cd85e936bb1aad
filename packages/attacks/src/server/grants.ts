/** Codes, refresh tokens, and tokens without the proof that they are for. */
import { attack } from './attack.ts'
import {
  clientCredentials,
  code,
  deviceCode,
  exchange,
  poll,
  push,
  redeem,
  refresh,
  refreshToken,
  subjectToken,
} from './requests.ts'

const noProof = attack('RFC9449-5', [400, 'invalid_dpop_proof'])

export const withoutProof = [
  noProof(
    'client-credentials-without-proof',
    'A token by client credentials, without a proof',
    (scene) => clientCredentials(scene, { proof: null }),
  ),
  noProof('code-without-proof', 'A stolen code, redeemed without a proof', async (scene) =>
    redeem(scene, await code(scene), { proof: null }),
  ),
  noProof(
    'device-code-without-proof',
    'A device code that was approved, without a proof',
    async (scene) => poll(scene, await deviceCode(scene), { proof: null }),
  ),
  noProof(
    'exchange-without-proof',
    'A token for a token, without a proof of its key',
    async (scene) => exchange(scene, await subjectToken(scene), { proof: null }),
  ),
  attack('RFC9449-5', [400, 'invalid_request'])(
    'refresh-without-proof',
    'A refresh without a proof',
    async (scene) => refresh(scene, await refreshToken(scene), { proof: null }),
  ),
] as const

export const dpopJkt = attack('RFC9449-10.1', [400, 'invalid_dpop_proof'])(
  'dpop-jkt-of-another-key',
  'A pushed request whose dpop_jkt is not of the key that proves it',
  (scene) => push(scene, { form: { dpop_jkt: 'A'.repeat(43) } }),
)

const badCode = attack('RFC6749-4.1.3', [400, 'invalid_grant'])

export const codes = [
  badCode('code-with-another-key', 'A stolen code with the attacker’s own proof', async (scene) =>
    redeem(scene, await code(scene), { proof: scene.attackersKey }),
  ),
  badCode('code-of-another-client', 'A stolen code, redeemed by another client', async (scene) =>
    redeem(scene, await code(scene), { by: scene.attacker }),
  ),
  badCode('code-twice', 'A code that was used, once more', async (scene) => {
    const used = await code(scene)
    await redeem(scene, used)
    return redeem(scene, used)
  }),
  badCode('wrong-verifier', 'A stolen code without the verifier that goes with it', async (scene) =>
    redeem(scene, await code(scene), { form: { code_verifier: 'w'.repeat(43) } }),
  ),
  badCode('without-verifier', 'A code without any verifier', async (scene) =>
    redeem(scene, await code(scene), { form: { code_verifier: undefined } }),
  ),
] as const

const badRefresh = attack('RFC6749-6', [400, 'invalid_grant'])

export const refreshes = [
  badRefresh(
    'refresh-token-of-another-client',
    'A stolen refresh token, used by another client',
    async (scene) => refresh(scene, await refreshToken(scene), { by: scene.attacker }),
  ),
] as const

export const hosts = [
  attack('RFC9449-4.3-9', [400, 'invalid_dpop_proof'])(
    'counterfeit-issuer',
    'A proof that the client made for the attacker’s server, relayed with its Host',
    (scene) =>
      clientCredentials(scene, {
        host: 'evil.example',
        claims: { htu: 'https://evil.example/token' },
      }),
  ),
] as const
