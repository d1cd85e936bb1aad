/** Token exchange (RFC 8693). */
import { attack } from './attack.ts'
import { code, exchange, member, redeem, subjectToken } from './requests.ts'

export const exchanges = [
  attack('RFC8693-4.4', [400, 'invalid_request'])(
    'exchange-of-a-stolen-token',
    'A stolen DPoP-bound token, exchanged by another client',
    async (scene) => exchange(scene, await subjectToken(scene), { by: scene.attacker }),
  ),
  attack('RFC6749-3.3', [400, 'invalid_scope'])(
    'exchange-for-more-scope',
    'A token for accounts, exchanged for one that pays',
    async (scene) =>
      exchange(scene, await subjectToken(scene), { form: { scope: 'accounts payments' } }),
  ),
  attack('RFC8693-2.1.1', [400, 'invalid_target'])(
    'exchange-for-another-api',
    'A token for one API, exchanged for another',
    async (scene) =>
      exchange(scene, await subjectToken(scene), { form: { resource: scene.otherResource } }),
  ),
  attack('RFC8693-2.1', [400, 'invalid_request'])(
    'exchange-of-an-id-token',
    'An ID token in the place of an access token',
    async (scene) =>
      exchange(scene, member(await redeem(scene, await code(scene)), 'id_token'), {
        form: { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      }),
  ),
  attack('RFC8693-2.2.2', [400, 'invalid_request'])(
    'exchange-of-a-forged-token',
    'A token with somebody else’s signature',
    async (scene) => {
      const token = await subjectToken(scene)
      return exchange(scene, `${token.slice(0, -8)}AAAAAAAA`)
    },
  ),
  attack('RFC8693-4.1', [400, 'invalid_request'])(
    'exchange-with-anothers-actor',
    'A stolen token as the actor’s',
    async (scene) =>
      exchange(scene, await subjectToken(scene), {
        form: {
          actor_token: await subjectToken(scene, { by: scene.attacker }),
          actor_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        },
      }),
  ),
] as const
