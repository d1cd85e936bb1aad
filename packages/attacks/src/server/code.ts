/** Codes and tokens that were stolen, or used before. */
import { attack } from './attack.ts'
import { codeGrant, refreshGrant } from './grants.ts'
import { subjectToken } from './requests.ts'
import type { Honest } from './stage.ts'

const badCode = attack('RFC6749-4.1.3', [400, 'invalid_grant'], codeGrant)

export const codes = [
  badCode('code-of-another-client', 'A stolen code, redeemed by another client', (scene) => ({
    by: scene.attacker,
  })),
  badCode('code-twice', 'A code that was used, once more', { twice: 'form' }),
  badCode('code-for-another-callback', 'A code, redeemed for another redirect URI', {
    form: { redirect_uri: 'https://evil.example/callback' },
  }),
  badCode('wrong-verifier', 'A stolen code without the verifier that goes with it', {
    form: { code_verifier: 'w'.repeat(43) },
  }),
  badCode('without-verifier', 'A code without any verifier', {
    form: { code_verifier: undefined },
  }),
] as const

const refreshWithinConsent: Honest = (scene, edit) =>
  refreshGrant(scene, {
    authorization: { scope: 'openid accounts offline_access' },
    ...edit,
    form: { scope: 'accounts', ...edit?.form },
  })

export const refreshes = [
  attack('RFC6749-6', [400, 'invalid_grant'], refreshGrant)(
    'refresh-token-of-another-client',
    'A stolen refresh token, used by another client',
    (scene) => ({ by: scene.attacker }),
  ),
  attack('RFC7523-3', [401, 'invalid_client'], refreshGrant)(
    'refresh-without-authentication',
    'A stolen refresh token in its client’s name, without client authentication',
    { assertion: null },
  ),
  attack('RFC6749-3.3', [400, 'invalid_scope'], refreshWithinConsent)(
    'refresh-for-more-scope',
    'A refresh for a scope to which the end-user has not consented',
    { form: { scope: 'accounts payments' } },
  ),
] as const

const revoke: Honest = async (scene, edit) =>
  scene.ask('/revoke', { token: await subjectToken(scene) }, edit)

export const revocations = [
  attack('RFC7009-2.1', [400, 'invalid_request'], revoke)(
    'revocation-by-another-client',
    'A token, revoked by a client that it was not issued to',
    (scene) => ({ by: scene.attacker }),
  ),
] as const
