/** Token exchange (RFC 8693). */
import { attack } from './attack.ts'
import { codeGrant, exchangeGrant } from './grants.ts'
import { exchange, member, subjectToken } from './requests.ts'
import type { Honest } from './stage.ts'

const TYPE = 'urn:ietf:params:oauth:token-type'

/** The victim says who acts: itself. */
const delegation: Honest = async (scene, edit) => {
  const actor = {
    actor_token: await subjectToken(scene),
    actor_token_type: `${TYPE}:access_token`,
  }
  return exchangeGrant(scene, { ...edit, form: { ...actor, ...edit?.form } })
}

/** A client whose tokens are certificate-bound exchanges one of its own. */
const certificateBound: Honest = async (scene, edit) => {
  const own = { by: scene.bound }
  return exchange(scene, await subjectToken(scene, own), { ...own, ...edit })
}

export const exchanges = [
  attack('RFC8693-4.4', [400, 'invalid_request'], exchangeGrant)(
    'exchange-of-a-stolen-token',
    'A stolen DPoP-bound token, exchanged by another client',
    (scene) => ({ by: scene.attacker }),
  ),
  attack('RFC8693-4.4', [400, 'invalid_request'], exchangeGrant)(
    'exchange-with-another-key',
    'A token of the client’s own, of which it proves another key',
    ({ attackersKey }) => ({ proof: attackersKey }),
  ),
  attack('RFC8693-4.4', [400, 'invalid_request'], certificateBound)(
    'exchange-with-another-certificate',
    'A certificate-bound token of the client’s own, with another client’s certificate',
    ({ attacker: { certificate = null } }) => ({ certificate }),
  ),
  attack('RFC6749-3.3', [400, 'invalid_scope'], exchangeGrant)(
    'exchange-for-more-scope',
    'A token for accounts, exchanged for one that pays',
    { form: { scope: 'accounts payments' } },
  ),
  attack('RFC8693-2.1.1', [400, 'invalid_target'], exchangeGrant)(
    'exchange-for-another-api',
    'A token for one API, exchanged for another',
    (scene) => ({ form: { resource: scene.otherResource } }),
  ),
  attack('RFC8693-2.1', [400, 'invalid_request'], exchangeGrant)(
    'exchange-of-an-id-token',
    'An ID token in the place of an access token',
    async (scene) => ({
      form: {
        subject_token: member(await codeGrant(scene), 'id_token'),
        subject_token_type: `${TYPE}:id_token`,
      },
    }),
  ),
  attack('RFC8693-2.2.2', [400, 'invalid_request'], exchangeGrant)(
    'exchange-of-a-forged-token',
    'A token that the attacker signed in the server’s name',
    async (scene) => ({ form: { subject_token: await scene.resigned(await subjectToken(scene)) } }),
  ),
  attack('RFC8693-4.1', [400, 'invalid_request'], delegation)(
    'exchange-with-anothers-actor',
    'A stolen token as the actor’s',
    async (scene) => ({ form: { actor_token: await subjectToken(scene, { by: scene.attacker }) } }),
  ),
] as const
