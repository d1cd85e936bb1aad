/** Our own, as it is put into service. No trace, no log. */
import {
  checkConfiguration,
  createAuthorizationServer,
  judgedInHandshake,
  provision,
} from '@holdfast/authorization-server'
import { subjectMatches } from '@holdfast/ca/validation'
import { openStore } from '../stores.ts'
import { DPOP_CLIENT, MTLS_CLIENT, REDIRECT_URI, RESOURCE, SCOPE, USER } from '../names.ts'
import { serve, settings } from './serving.ts'

const { store, jwk } = settings()
const { records, memory } = await openStore(store)
await provision(records, {
  clients: [
    {
      client_id: DPOP_CLIENT,
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
      redirect_uris: [REDIRECT_URI],
      jwks: { keys: [{ ...jwk }] },
      dpop_bound_access_tokens: true,
      // As the stock server signs them: a signature by PS256 costs as much as ten of these.
      id_token_signed_response_alg: 'ES256',
    },
    {
      client_id: MTLS_CLIENT,
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=client',
      grant_types: ['client_credentials'],
      tls_client_certificate_bound_access_tokens: true,
    },
  ],
  users: [USER],
})

await serve(async (issuer, mtlsOrigin) => {
  const { publicListener, mtlsListener } = await createAuthorizationServer({
    configuration: checkConfiguration({
      issuer,
      mtlsOrigin,
      // The users of all connections are one, and log in at the same moment.
      failures: { login: { most: 1_000, within: 60 }, logins: { most: 1_000, within: 60 } },
      resources: [{ indicator: RESOURCE, scopes: [SCOPE], format: 'jwt', ttl: 300 }],
    }),
    records,
    memory,
    certificates: {
      validate: (_certificate, socket) => judgedInHandshake(socket),
      subjectMatches,
    },
  })
  return { open: publicListener, mtls: mtlsListener }
})
