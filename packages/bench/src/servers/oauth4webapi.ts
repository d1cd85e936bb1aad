import Koa from 'koa'
import * as oauth from 'oauth4webapi'
import { BODY, ISSUER, RESOURCE, SCOPE } from '../scenario.ts'
import { serve, settings } from './serving.ts'

const { issuerUrl } = settings()
const issuer = { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` }
const options: oauth.ValidateJWTAccessTokenOptions = {
  requireDPoP: true,
  [oauth.customFetch]: (url, { headers }) => fetch(url.replace(ISSUER, issuerUrl), { headers }),
}

const app = new Koa()
app.use(async (ctx, next) => {
  const headers = { authorization: ctx.get('authorization'), dpop: ctx.get('dpop') }
  const request = new Request(ctx.href, { method: ctx.method, headers })
  const claims = await oauth
    .validateJwtAccessToken(issuer, request, RESOURCE, options)
    .catch(() => undefined)
  if (!claims?.scope?.split(' ').includes(SCOPE)) return ctx.throw(401)
  return next()
})
app.use((ctx) => {
  ctx.body = BODY
})
await serve(app.callback())
