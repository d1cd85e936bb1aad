import { askedIn, DETAIL_TYPES, detailsFor, detailTypes } from './authorization-details.ts'
import { elementsOf } from '../../clients/client-metadata.ts'
import type { Requirement } from '../../profiles/requirement.ts'

/** Rich authorization requests (RFC 9396): consent to just this payment, just these accounts. */
export const RICH_AUTHORIZATION = [
  {
    clause: 'RFC9396-2.1',
    sentence: `an authorization detail is a ${DETAIL_TYPES.join(' or an ')}, with the members of its type and no others`,
    sets: ({ configuration }) => ({
      features: { richAuthorizationRequests: { types: detailTypes(configuration) } },
    }),
  },
  {
    clause: 'RFC9396-10', // to the library a client without the member is registered for none
    sentence: 'a client asks for the types in its authorization_details_types, and for no others',
    asks: ({ authorization_details_types: types }) =>
      elementsOf(types).every((type) => DETAIL_TYPES.some((known) => known === type)),
    sets: () => ({ features: { richAuthorizationRequests: { enabled: true } } }),
  },
  {
    clause: 'RFC9396-3', // exactly what the page showed: never what the grant has from another time
    sentence: 'the end-user is shown every authorization detail, each time, and consents to it',
    sets: () => ({
      features: {
        richAuthorizationRequests: {
          authorizationDetailsForGrantSource: (ctx) => askedIn(ctx.oidc.params),
        },
      },
    }),
  },
  {
    clause: 'RFC9396-6', // of a refresh as well
    sentence: 'a token request may ask for less than was consented to, and never for more',
    sets: () => ({
      features: {
        richAuthorizationRequests: {
          authorizationDetailsForAccessToken: (ctx, token, source) =>
            detailsFor(token, source?.rar, askedIn(ctx.oidc.params)),
        },
      },
    }),
  },
  {
    clause: 'RFC9396-9.2', // in JWT access tokens (§9.1) and token responses (§7) they stand anyway
    sentence: 'a resource server is told the authorization details of a token',
    sets: () => ({
      features: {
        richAuthorizationRequests: {
          authorizationDetailsForIntrospection: (_ctx, token) => token.rar,
        },
      },
    }),
  },
] as const satisfies readonly Requirement[]
