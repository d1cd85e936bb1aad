/** What a client may ask for, and how: PKCE, request objects, grants that there are not. */
import { attack } from './attack.ts'
import { clientCredentials, exchange, push, pushSigned } from './requests.ts'

export const challenges = [
  attack('FAPI2SP-5.3.2.2-5', [400, 'invalid_request'])(
    'plain-challenge',
    'A code challenge that is the verifier itself',
    (scene) => push(scene, { form: { code_challenge_method: 'plain' } }),
  ),
  attack('FAPI2SP-5.3.2.2-5', [400, 'invalid_request'])(
    'no-challenge',
    'A request without PKCE',
    (scene) =>
      push(scene, { form: { code_challenge: undefined, code_challenge_method: undefined } }),
  ),
] as const

export const unsupported = [
  attack('FAPI2SP-5.3.2.2-1', [400, 'unsupported_response_type'])(
    'implicit',
    'The implicit grant: a token in the browser’s address',
    (scene) => push(scene, { form: { response_type: 'token' } }),
  ),
  attack('FAPI2SP-5.3.2.1-2', [400, 'unsupported_grant_type'])(
    'password',
    'The password grant: the client asks for the end-user’s password',
    (scene) =>
      clientCredentials(scene, {
        form: { grant_type: 'password', username: 'alice', password: 'guess' },
      }),
  ),
  attack('FAPI2SP-5.3.2.1-2', [400, 'unauthorized_client'])(
    'grant-not-registered',
    'A grant that the client is not registered for',
    (scene) => exchange(scene, 'whatever', { by: scene.signer }),
  ),
] as const

const badObject = attack('RFC9101-6.3', [400, 'invalid_request_object'])

export const requestObjects = [
  badObject('request-object-unsigned', 'A request object with alg none', (scene) =>
    pushSigned(scene, { header: { alg: 'none' } }),
  ),
  badObject('request-object-of-another-key', 'A request object that the attacker signed', (scene) =>
    pushSigned(scene, {
      by: {
        ...scene.signer,
        signing: { key: scene.attackersKey, kid: scene.signer.signing?.kid ?? '' },
      },
    }),
  ),
  badObject(
    'request-object-for-another-server',
    'A request object that was made for another server',
    (scene) => pushSigned(scene, { claims: { aud: 'https://evil.example' } }),
  ),
  attack('FAPI2MS-5.3.1-4', [400, 'invalid_request_object'])(
    'request-object-endless',
    'A request object that never expires',
    (scene) => pushSigned(scene, { claims: { exp: undefined } }),
  ),
  attack('FAPI2MS-5.3.1-3', [400, 'invalid_request_object'])(
    'request-object-without-nbf',
    'A request object that says not since when it is good',
    (scene) => pushSigned(scene, { claims: { nbf: undefined } }),
  ),
  attack('RFC9101-6.3', [400, 'invalid_request'])(
    'request-not-signed',
    'Plain parameters of a client that must sign them',
    (scene) => push(scene, { by: scene.signer }),
  ),
] as const
