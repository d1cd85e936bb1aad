import { devicePages } from './device-pages.ts'
import { Resources } from '../../resources.ts'
import type { Requirement } from '../../profiles/requirement.ts'

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** The device authorization grant (RFC 8628). */
export const DEVICE_AUTHORIZATION = [
  {
    clause: 'RFC8628-3.1', // the library's endpoint, with the client authentication of all others
    sentence: 'a client authenticates at the device authorization endpoint as at any other',
    sets: () => ({ features: { deviceFlow: { enabled: true } } }),
  },
  {
    clause: 'RFC8628-3.3', // see device-pages.ts
    sentence:
      'the end-user is shown the code, the client and what it asks for, before and after logging in',
    sets: ({ configuration }, { relaxationOf }) => ({
      features: { deviceFlow: devicePages(new Resources(configuration), relaxationOf) },
    }),
  },
  {
    clause: 'RFC8628-3.5', // slow_down: see ../poll-interval.ts
    sentence:
      'who polls sooner than the interval is told slow_down; who polls too late, expired_token',
    sets: ({ configuration: { lifetimes } }) => ({
      ttl: { DeviceCode: lifetimes.authenticationRequest },
    }),
  },
  {
    clause: 'RFC8628-5.1', // see operations/limiting.ts
    sentence: 'a user code has 34 bits, and wrong ones are throttled',
    sets: () => ({ features: { deviceFlow: { charset: 'base-20', mask: '****-****' } } }),
  },
  {
    clause: 'RFC8628-5.2', // one record, consumed once: see records/adapter.ts
    sentence:
      'a device code is good once, for the client that it was made for, with its key or certificate',
  },
] as const satisfies readonly Requirement[]
