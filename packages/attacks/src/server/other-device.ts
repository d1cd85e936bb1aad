/** Device authorization (RFC 8628) and CIBA: the end-user decides on another device. */
import { attack } from './attack.ts'
import { authenticate, deviceCode, member, poll, pollAuthentication } from './requests.ts'

const badDevice = attack('RFC8628-5.2', [400, 'invalid_grant'])

export const devices = [
  attack('RFC7523-3', [401, 'invalid_client'])(
    'device-code-for-anybody',
    'A device code in another client’s name',
    (scene) => scene.ask('/device-authorization', { scope: 'accounts' }, { assertion: null }),
  ),
  badDevice('device-code-guessed', 'A device code that was never issued', (scene) =>
    poll(scene, 'guess-'.repeat(7)),
  ),
  badDevice(
    'device-code-of-another-client',
    'A stolen device code, polled by another client',
    async (scene) =>
      poll(scene, await deviceCode(scene, { decided: false }), { by: scene.attacker }),
  ),
  badDevice('device-code-twice', 'A device code that was used, once more', async (scene) => {
    const used = await deviceCode(scene)
    await poll(scene, used)
    return poll(scene, used)
  }),
] as const

const noCertificate = attack('RFC8705-3', [400, 'invalid_request'])

export const decoupled = [
  attack('FAPICIBA-5.2.2-6', [400, 'invalid_request'])(
    'authentication-unsigned',
    'A request to ask an end-user that nobody signed',
    (scene) =>
      scene.ask(
        '/backchannel',
        { scope: 'openid', login_hint: 'alice', binding_message: 'Till 7' },
        { by: scene.ciba },
      ),
  ),
  attack('FAPICIBA-5.2.2-2', [400, 'invalid_binding_message'])(
    'binding-message-disguised',
    'A binding message that turns its letters around',
    (scene) => authenticate(scene, { claims: { binding_message: 'Pay \u202E00.9 EUR' } }),
  ),
  noCertificate(
    'ciba-without-certificate',
    'A token by CIBA, without the certificate',
    async (scene) =>
      pollAuthentication(scene, member(await authenticate(scene), 'auth_req_id'), {
        certificate: null,
      }),
  ),
  attack('CIBA-11', [400, 'invalid_grant'])(
    'auth-req-id-guessed',
    'An auth_req_id that was never issued',
    (scene) => pollAuthentication(scene, 'guess-'.repeat(7)),
  ),
  attack('FAPI2SP-5.3.2.1-2', [400, 'unauthorized_client'])(
    'auth-req-id-of-another-client',
    'A stolen auth_req_id, used by a client that has no CIBA',
    async (scene) =>
      pollAuthentication(scene, member(await authenticate(scene), 'auth_req_id'), {
        by: scene.attacker,
      }),
  ),
] as const
