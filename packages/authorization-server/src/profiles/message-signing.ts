import { errors } from 'oidc-provider'
import { begins, checkRequestObject, ends, isNoOtherJwt } from './request-object.ts'
import type { Requirement } from './requirement.ts'

/** Turned on by every profile whose clients sign their requests: RFC 9101, by value. */
const REQUEST_OBJECTS: Requirement = {
  clause: 'RFC9101-6.3',
  sentence: 'only clients whose profile has them use request objects, which hold all parameters',
  sets: (_house, { termsOf, requirementsOf }) => ({
    features: {
      requestObjects: {
        enabled: true,
        assertJwtClaimsAndHeader: async (_ctx, claims, header, client) => {
          // `none` is what the library makes of an unsigned pushed request.
          const { profile } = client
          if (header['alg'] !== 'none' && !termsOf(profile).requestObjects)
            throw new errors.RequestNotSupported()
          checkRequestObject(header, claims, requirementsOf(profile))
        },
      },
    },
  }),
  terms: { requestObjects: true },
}

const NO_OTHER_JWT: Requirement = {
  clause: 'RFC9101-10.8',
  sentence:
    'typ of a request object is oauth-authz-req+jwt, JWT or absent, and sub is not the client',
  requestObject: isNoOtherJwt,
}

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
  REQUEST_OBJECTS,
  NO_OTHER_JWT,
]
