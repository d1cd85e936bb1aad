import express, { type ErrorRequestHandler } from 'express'
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer'
import { BODY, ISSUER, RESOURCE, SCOPE } from '../scenario.ts'
import { serve, settings } from './serving.ts'

const app = express()
// Neither is of use to an API, and both cost time.
app.disable('etag').disable('x-powered-by')
app.use(
  auth({
    issuer: ISSUER,
    jwksUri: `${settings().issuerUrl}/jwks`,
    audience: RESOURCE,
    tokenSigningAlg: 'ES256',
    dpop: { required: true },
  }),
)
app.use(requiredScopes(SCOPE))
app.use((_, response) => {
  response.json(BODY)
})
// Express's own writes every refusal to stderr.
const refuse: ErrorRequestHandler = (error: { readonly status?: number }, _, response, __) => {
  response.sendStatus(error.status ?? 500)
}
app.use(refuse)
await serve(app)
