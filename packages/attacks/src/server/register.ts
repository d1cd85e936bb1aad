/** Dynamic registration (RFC 7591): what would make a client weaker. */
import { attack } from './attack.ts'
import { register } from './requests.ts'

const weaker = attack('RFC7591-3.2.2', [400, 'invalid_client_metadata'])

export const registrations = [
  attack('FAPI2SP-5.3.2.1-6', [400, 'invalid_client_metadata'])(
    'registration-without-authentication',
    'A registration as a client that does not authenticate',
    (scene) => register(scene, { token_endpoint_auth_method: 'none' }),
  ),
  attack('RFC7591-3.2.2', [400, 'invalid_redirect_uri'])(
    'registration-with-other-callback',
    'A registration whose answers go to the attacker',
    (scene) => register(scene, { redirect_uris: ['https://evil.example/'] }),
  ),
  attack('FAPI2SP-5.3.2.1-5', [400, 'invalid_client_metadata'])(
    'registration-unconstrained',
    'A registration for tokens without a sender constraint',
    (scene) => register(scene, { dpop_bound_access_tokens: false }),
  ),
  weaker(
    'registration-with-more-scope',
    'A registration for more than the statement says',
    (scene) => register(scene, { scope: 'openid accounts payments admin' }),
  ),
  attack('RFC7591-2.3', [400, 'unapproved_software_statement'])(
    'registration-by-itself',
    'A software statement that its client made',
    async (scene) => {
      const software_statement = await scene.sign(scene.victim, { iss: scene.victim.clientId })
      return scene.post('/register', ['application/json', JSON.stringify({ software_statement })])
    },
  ),
] as const
