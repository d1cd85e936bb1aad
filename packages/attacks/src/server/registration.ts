/** Dynamic registration (RFC 7591, RFC 7592): what would make a client weaker. */
import { attack } from './attack.ts'
import { member, register } from './requests.ts'
import type { Honest } from './stage.ts'

const weaker = (honest: Honest) => attack('RFC7591-3.2.2', [400, 'invalid_client_metadata'], honest)
const unconstrained = (honest: Honest) =>
  attack('FAPI2SP-5.3.2.1-5', [400, 'invalid_client_metadata'], honest)

/** A client that has registered itself changes nothing of what it is registered with. */
const update: Honest = async (scene, edit) => {
  const registered = await register(scene)
  const metadata = { client_id: member(registered, 'client_id'), ...edit?.metadata }
  return scene.request(
    {
      method: 'PUT',
      url: member(registered, 'registration_client_uri'),
      token: member(registered, 'registration_access_token'),
      body: ['application/json', JSON.stringify(metadata)],
    },
    edit,
  )
}

export const registrations = [
  attack('FAPI2SP-5.3.2.1-6', [400, 'invalid_client_metadata'], register)(
    'registration-without-authentication',
    'A registration as a client that does not authenticate',
    { metadata: { token_endpoint_auth_method: 'none' } },
  ),
  attack('RFC7591-3.2.2', [400, 'invalid_redirect_uri'], register)(
    'registration-with-other-callback',
    'A registration whose answers go to the attacker',
    { metadata: { redirect_uris: ['https://evil.example/'] } },
  ),
  unconstrained(register)(
    'registration-unconstrained',
    'A registration for tokens without a sender constraint',
    { metadata: { dpop_bound_access_tokens: false } },
  ),
  weaker(register)(
    'registration-with-more-scope',
    'A registration for more than the statement says',
    { metadata: { scope: 'openid accounts payments admin' } },
  ),
  attack('RFC7591-2.3', [400, 'unapproved_software_statement'], register)(
    'registration-by-itself',
    'A software statement that its client made',
    async (scene) => ({
      metadata: {
        software_statement: await scene.resigned(await scene.softwareStatement(), {
          iss: scene.victim.clientId,
        }),
      },
    }),
  ),
  attack('RFC7591-2.3', [400, 'invalid_software_statement'], register)(
    'registration-by-a-forged-statement',
    'A software statement that the attacker signed in its issuer’s name',
    async (scene) => ({
      metadata: { software_statement: await scene.resigned(await scene.softwareStatement()) },
    }),
  ),
  unconstrained(update)(
    'registration-unconstrained-later',
    'A client that gives its sender constraint up after its registration',
    { metadata: { dpop_bound_access_tokens: false } },
  ),
  attack('RFC7592-5', [401, 'invalid_token'], update)(
    'registration-of-another-key',
    'A stolen registration access token, with the attacker’s own proof',
    ({ attackersKey }) => ({ proof: attackersKey }),
  ),
] as const
