/** Device authorization (RFC 8628) and CIBA: the end-user decides on another device. */
import { attack } from './attack.ts'
import { cibaGrant, deviceGrant } from './grants.ts'
import { authenticate, authorizeDevice, backchannelRequest } from './requests.ts'

/** Of the shape of those that the server issues. */
const guess = (): string =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')

const badDevice = attack('RFC8628-5.2', [400, 'invalid_grant'], deviceGrant)

export const devices = [
  attack('RFC7523-3', [401, 'invalid_client'], authorizeDevice)(
    'device-code-for-anybody',
    'A device code in another client’s name',
    { assertion: null },
  ),
  badDevice('device-code-guessed', 'A device code that was never issued', () => ({
    form: { device_code: guess() },
  })),
  badDevice(
    'device-code-of-another-client',
    'A stolen device code, polled by another client',
    (scene) => ({ by: scene.attacker }),
  ),
  badDevice('device-code-twice', 'A device code that was used, once more', { twice: 'form' }),
] as const

export const decoupled = [
  attack('FAPICIBA-5.2.2-6', [400, 'invalid_request'], authenticate)(
    'authentication-unsigned',
    'A request to ask an end-user that nobody signed',
    { form: { request: undefined, ...backchannelRequest } },
  ),
  attack('FAPICIBA-5.2.2-2', [400, 'invalid_binding_message'], authenticate)(
    'binding-message-disguised',
    'A binding message that turns its letters around',
    { object: { claims: { binding_message: 'Pay \u202E00.9 EUR' } } },
  ),
  attack('CIBA-11', [400, 'invalid_grant'], cibaGrant)(
    'auth-req-id-guessed',
    'An auth_req_id that was never issued',
    () => ({ form: { auth_req_id: guess() } }),
  ),
  attack('CIBA-11', [400, 'invalid_grant'], cibaGrant)(
    'auth-req-id-twice',
    'An auth_req_id that was used, once more',
    { twice: 'form' },
  ),
  attack('FAPI2SP-5.3.2.1-2', [400, 'unauthorized_client'], cibaGrant)(
    'auth-req-id-of-another-client',
    'A stolen auth_req_id, used by a client that has no CIBA',
    (scene) => ({ by: scene.attacker }),
  ),
] as const
