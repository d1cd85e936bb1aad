/** What a client may ask for, and how: PKCE, request objects, grants that there are not. */
import { seconds } from '../seconds.ts'
import {
  VERIFIER,
  clientCredentials,
  member,
  push,
  pushSigned,
  signedRequest,
  subjectToken,
} from './requests.ts'
import { attack } from './attack.ts'
import { exchangeGrant } from './grants.ts'

const badChallenge = attack('FAPI2SP-5.3.2.2-5', [400, 'invalid_request'], push)

export const challenges = [
  badChallenge('plain-challenge', 'A code challenge that is the verifier itself', {
    form: { code_challenge: VERIFIER, code_challenge_method: 'plain' },
  }),
  badChallenge('no-challenge', 'A request without PKCE', {
    form: { code_challenge: undefined, code_challenge_method: undefined },
  }),
] as const

export const redirects = [
  attack('RFC6749-3.1.2.3', [400, 'invalid_request'], push)(
    'redirect-to-the-attacker',
    'A request whose code goes to the attacker',
    { form: { redirect_uri: 'https://evil.example/callback' } },
  ),
  attack('FAPI2SP-5.3.2.2-6', [400, 'invalid_request'], push)(
    'redirect-missing',
    'A request that says not where its code goes',
    { form: { redirect_uri: undefined } },
  ),
  attack('RFC9126-2.1', [400, 'request_uri_not_supported'], push)(
    'reference-pushed',
    'A pushed request that refers to another, which was pushed by somebody else',
    async (scene) => ({
      form: { request_uri: member(await push(scene, { by: scene.attacker }), 'request_uri') },
    }),
  ),
] as const

export const unsupported = [
  attack('FAPI2SP-5.3.2.2-1', [400, 'unsupported_response_type'], push)(
    'implicit',
    'The implicit grant: a token in the browser’s address',
    { form: { response_type: 'token' } },
  ),
  attack('FAPI2SP-5.3.2.1-2', [400, 'unsupported_grant_type'], clientCredentials)(
    'password',
    'The password grant: the client asks for the end-user’s password',
    { form: { grant_type: 'password', username: 'alice', password: 'guess' } },
  ),
  attack('FAPI2SP-5.3.2.1-2', [400, 'unauthorized_client'], exchangeGrant)(
    'grant-not-registered',
    'A grant that the client is not registered for',
    async (scene) => {
      const by = scene.signer
      return { by, form: { subject_token: await subjectToken(scene, { by }) } }
    },
  ),
  attack('RFC8707-2', [400, 'invalid_target'], clientCredentials)(
    'token-for-the-attacker',
    'A token for an API of the attacker’s',
    { form: { resource: 'https://evil.example' } },
  ),
] as const

const badObject = attack('RFC9101-6.3', [400, 'invalid_request_object'], pushSigned)

export const requestObjects = [
  badObject('request-object-unsigned', 'A request object with alg none', {
    object: { header: { alg: 'none' } },
  }),
  badObject(
    'request-object-of-another-key',
    'A request object that the attacker signed',
    ({ signer, attackersKey }) => ({
      object: { by: { ...signer, signing: { key: attackersKey, kid: signer.signing?.kid ?? '' } } },
    }),
  ),
  badObject(
    'request-object-for-another-server',
    'A request object that was made for another server',
    { object: { claims: { aud: 'https://evil.example' } } },
  ),
  attack('FAPI2MS-5.3.1-4', [400, 'invalid_request_object'], pushSigned)(
    'request-object-endless',
    'A request object that never expires',
    { object: { claims: { exp: undefined } } },
  ),
  attack('RFC7519-4.1.4', [400, 'invalid_request_object'], pushSigned)(
    'request-object-expired',
    'A request object that expired five seconds ago',
    () => ({ object: { claims: { exp: seconds() - 5 } } }),
  ),
  attack('FAPI2MS-5.3.1-3', [400, 'invalid_request_object'], pushSigned)(
    'request-object-without-nbf',
    'A request object that says not since when it is good',
    { object: { claims: { nbf: undefined } } },
  ),
  attack('RFC9101-6.3', [400, 'invalid_request'], pushSigned)(
    'request-not-signed',
    'Plain parameters of a client that must sign them',
    (scene) => ({ form: { request: undefined, ...signedRequest(scene) } }),
  ),
] as const
