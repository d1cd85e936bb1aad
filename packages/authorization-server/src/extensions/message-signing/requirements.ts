import { begins, ends, SIGNED_REQUEST } from './request-object.ts'
import type { Requirement } from '../../profiles/requirement.ts'

/** FAPI 2.0 Message Signing, for authorization servers. */
export const MESSAGE_SIGNING: readonly Requirement[] = [
  {
    clause: 'FAPI2MS-5.3.1-1',
    sentence: 'authorization requests are pushed as request objects that the client signed',
    registers: { require_signed_request_object: true },
  },
  {
    clause: 'FAPI2MS-5.3.1-2', // the library compares
    sentence: 'aud of a request object is the issuer, or a list that contains it',
  },
  {
    clause: 'FAPI2MS-5.3.1-3',
    sentence: 'nbf of a request object is at most 60 minutes ago',
    requestObject: begins,
  },
  {
    clause: 'FAPI2MS-5.3.1-4',
    sentence: 'exp of a request object is at most 60 minutes after nbf',
    requestObject: ends,
  },
  {
    clause: 'FAPI2MS-5.4.1-1', // not form_post.jwt, whose page needs a script
    sentence: 'authorization responses are signed: response_mode is jwt or query.jwt',
    registers: { response_modes: ['jwt', 'query.jwt'] },
    sets: () => ({ features: { jwtResponseModes: { enabled: true } } }),
  },
  {
    clause: 'FAPI2MS-5.5.1-1',
    sentence: 'a resource server of this profile gets introspection responses signed, or none',
    terms: { signedIntrospection: true },
    sets: () => ({ features: { jwtIntrospection: { enabled: true } } }),
  },
  ...SIGNED_REQUEST,
]
