/* oxlint-disable no-console -- a demo speaks to the person who runs it */
import { createServer } from 'node:https'
import { setTimeout } from 'node:timers/promises'
import { approve, connect, cookieJar, logoutEndpoint } from '../index.ts'
import { openConnection, readMaterial, signOut } from '../index.ts'

// scripts/lab client add told --auth private_key_jwt --bind dpop \
//   --post-logout-redirect-uri http://localhost:9080/callback --backchannel-logout-uri https://localhost:9446/logout
// node packages/client/src/demos/logout.ts [folder of a client] [resource server]
const [folder = '.lab/clients/told', resource = 'https://localhost:9543'] = process.argv.slice(2)

const client = await connect(await readMaterial(folder))
const { issuer, clientId, authentication, binding, redirectUri } = client.material
console.log(`${clientId} at ${issuer}: ${authentication}, tokens constrained by ${binding}`)

const { backchannelLogout: told, postLogoutRedirectUri } = client.material
if (!told || !postLogoutRedirectUri)
  throw new TypeError(`${folder} is not told of logouts: see above`)
const endings: unknown[] = []
const endpoint = logoutEndpoint(client, ({ sub, sid }) => {
  console.log(`told at ${told.uri}: the session ${sid} of ${sub} is over`)
  endings.push(sid)
})
const server = createServer({ cert: told.chain, key: told.key }, endpoint)
server.listen(Number(new URL(told.uri).port), 'localhost')

const authorization = await client.authorize({ scope: 'openid accounts', resource })
const { fetch, close } = openConnection({ trust: client.material.trust })
const browser = { fetch, cookies: cookieJar(), user: { login: 'alice', password: 'doe' } }
const tokens = await authorization.callback(
  await approve(authorization.url, { ...browser, redirectUri }),
)
const call = async () => {
  const { status } = await client.call(tokens, 'GET', `${resource}/accounts`)
  console.log(`GET ${resource}/accounts: ${status}`)
  return status
}
const before = await call()

const logout = client.logoutUrl(tokens, postLogoutRedirectUri)
const back = await signOut(logout, { ...browser, redirectUri: postLogoutRedirectUri })
console.log(`${browser.user.login} logged out; the browser came back to ${back.href}`)

const isTold = endings.length === 1 && endings[0] === tokens.id_token_claims?.['sid']
const between = await call() // tokens end with their grant, not with the login

await client.revoke(tokens.access_token)
console.log('the client gave its token back')
await setTimeout(1_200) // within a second the API learns of it, by the issuer’s status list
const after = await call()
if (!isTold || [before, between, after].join() !== '200,200,401') process.exitCode = 1
server.close()
await Promise.all([close(), client.close()])
