/* oxlint-disable no-console -- a demo speaks to the person who runs it */
import { setTimeout } from 'node:timers/promises'
import { approve, connect, openConnection, readMaterial } from '../index.ts'

// node packages/client/src/demos/revocation.ts [folder of a client] [resource server]
const [folder = '.lab/clients/private-key-jwt-dpop', resource = 'https://localhost:9543'] =
  process.argv.slice(2)

const client = await connect(await readMaterial(folder))
const { issuer, clientId, authentication, binding, redirectUri } = client.material
console.log(`${clientId} at ${issuer}: ${authentication}, tokens constrained by ${binding}`)

const scope = 'openid accounts offline_access'
const parameters = { prompt: 'consent' } // OpenID Connect Core §11 wants it with offline_access
const authorization = await client.authorize({ scope, resource, parameters })
console.log(`pushed the request; the browser goes to ${authorization.url.href}`)

const browser = openConnection({ trust: client.material.trust })
const user = { login: 'alice', password: 'doe' }
const currentUrl = await approve(authorization.url, { fetch: browser.fetch, user, redirectUri })
console.log(`${user.login} approved; the browser came back to ${redirectUri} with a code`)

const tokens = await authorization.callback(currentUrl)
const call = async () => {
  const { status } = await client.call(tokens, 'GET', `${resource}/accounts`)
  console.log(`GET ${resource}/accounts: ${status}`)
  return status
}
const before = await call()

await client.revoke(tokens.refresh_token ?? '')
console.log('revoked the refresh token, and with it what came of the same grant')

await setTimeout(1_200) // within a second the API learns of it, by the issuer’s status list
const after = await call()
const refresh: unknown = await client.refresh(tokens).catch(({ error }) => error)
console.log(`to refresh is ${JSON.stringify(refresh)}`)
if (before !== 200 || after !== 401 || refresh !== 'invalid_grant') process.exitCode = 1

await browser.close()
await client.close()
