import { errors } from 'oidc-provider'
import type { Metadata } from '../../clients/client-metadata.ts'
import { refuseMoreThanPassword } from '../step-up/authentication.ts'
import { endpoints } from '../../vocabulary/endpoints.ts'
import { authenticationLife, checkBindingMessage, subjectOf } from './backchannel-request.ts'
import { begins, ends, isIdentified, SIGNED_REQUEST } from '../message-signing/request-object.ts'
import type { Requirement } from '../../profiles/requirement.ts'

export const CIBA_GRANT = 'urn:openid:params:grant-type:ciba'

/** Client-initiated backchannel authentication (CIBA) as FAPI-CIBA wants it, over FAPI 2.0. */
export const CIBA: readonly Requirement[] = [
  {
    clause: 'FAPI2SP-5.3.2.1-2',
    sentence: 'grant_types are those of the profile, with CIBA; the password grant is none',
    terms: {
      grantTypes: ['authorization_code', 'client_credentials', 'refresh_token', CIBA_GRANT],
    },
  },
  {
    clause: 'FAPI2SP-5.3.2.1-8',
    sentence:
      'aud of a client assertion is, as a string, the issuer or, for CIBA-7.1 demands it, the URL of the token or backchannel authentication endpoint; and its exp is near',
    terms: { audiences: ['token', 'backchannel_authentication'] },
  },
  {
    clause: 'FAPICIBA-5.2.2-2', // anything else that is unique to an authorization is not known here
    sentence: 'binding_message is required: 1 to 64 printable characters',
    sets: () => ({
      features: {
        ciba: { validateBindingMessage: async (_ctx, message) => checkBindingMessage(message) },
      },
    }),
  },
  {
    clause: 'FAPICIBA-5.2.2-3',
    sentence: 'backchannel_token_delivery_mode is poll or ping, never push',
    asks: deliveredByPollOrPing,
  },
  {
    clause: 'FAPICIBA-5.2.2-4',
    sentence: 'a client may poll the token endpoint',
    sets: ({ configuration, records }) => ({
      features: {
        ciba: {
          enabled: true,
          deliveryModes: ['poll', 'ping'],
          processLoginHint: (_ctx, hint) => subjectOf(records, hint),
          async processLoginHintToken() {
            throw new errors.InvalidRequest('login_hint_token is not supported; use login_hint')
          },
          async verifyUserCode(_ctx, _account, code?: string) {
            if (code !== undefined)
              throw new errors.InvalidUserCode('end-users have no user_code here')
          },
          // The context is informative; this is where a request can be refused for what it wants.
          validateRequestContext: async (ctx) => refuseMoreThanPassword(ctx),
          async triggerAuthenticationDevice() {}, // the end-user looks at the page (see approvals.ts)
        },
      },
      ttl: {
        BackchannelAuthenticationRequest: (ctx) =>
          authenticationLife(ctx.oidc.params?.['requested_expiry'], configuration),
      },
      discovery: {
        mtls_endpoint_aliases: {
          backchannel_authentication_endpoint:
            configuration.mtlsOrigin + endpoints.backchannel_authentication,
        },
      },
    }),
  },
  {
    clause: 'FAPICIBA-5.2.2-5',
    sentence: 'ping goes to an https URL on a host that the server is configured to notify',
    asks: notifiableAt,
    serves: ({ backchannel_client_notification_endpoint: endpoint }, { notificationHosts }) =>
      typeof endpoint !== 'string' ||
      notificationHosts.includes(URL.parse(endpoint)?.hostname ?? ''),
  },
  {
    clause: 'FAPICIBA-5.2.2-6',
    sentence: 'authentication requests are signed by the client',
    registers: { require_signed_request_object: true },
  },
  {
    clause: 'FAPICIBA-5.2.2-9',
    sentence:
      'nbf of a request object is at most 60 minutes ago, and exp at most 60 minutes after it',
    requestObject: (object) => begins(object) && ends(object),
  },
  {
    clause: 'CIBA-7.1.1',
    sentence: 'a request object has iat and jti',
    requestObject: isIdentified,
  },
  {
    clause: 'CIBA-11', // see ../poll-interval.ts
    sentence: 'who polls sooner than the interval, while the end-user decides, is told slow_down',
  },
  ...SIGNED_REQUEST,
]

export const FAPI_CIBA: readonly Requirement[] = [
  ...CIBA,
  {
    clause: 'FAPI1ADV-5.2.2-6',
    sentence:
      'access tokens are certificate-bound: tls_client_certificate_bound_access_tokens is true',
    asks: (client) => client['tls_client_certificate_bound_access_tokens'] === true,
  },
]

function deliveredByPollOrPing({ backchannel_token_delivery_mode: mode }: Metadata): boolean {
  return mode === 'poll' || mode === 'ping'
}

function notifiableAt(client: Metadata): boolean {
  const endpoint = client['backchannel_client_notification_endpoint']
  return client['backchannel_token_delivery_mode'] === 'ping'
    ? typeof endpoint === 'string' && URL.parse(endpoint)?.protocol === 'https:'
    : endpoint === undefined
}
