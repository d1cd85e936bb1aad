/* oxlint-disable no-console -- a demo speaks to the person who runs it */
import { approve, connect, openConnection, readMaterial } from '../index.ts'

// node packages/client/src/demos/token-exchange.ts [folder of a client] [resource server]
const [folder = '.lab/clients/private-key-jwt-dpop', resource = 'https://localhost:9543'] =
  process.argv.slice(2)

const client = await connect(await readMaterial(folder))
const { issuer, clientId, authentication, binding, redirectUri } = client.material
console.log(`${clientId} at ${issuer}: ${authentication}, tokens constrained by ${binding}`)

const authorization = await client.authorize({ scope: 'openid accounts payments', resource })
console.log(`pushed the request; the browser goes to ${authorization.url.href}`)

const browser = openConnection({ trust: client.material.trust })
const user = { login: 'alice', password: 'doe' }
const currentUrl = await approve(authorization.url, { fetch: browser.fetch, user, redirectUri })
console.log(`${user.login} approved; the browser came back to ${redirectUri} with a code`)

const subject = await authorization.callback(currentUrl)
console.log(`${user.login}’s token: scope "${subject.scope}", ${subject.expires_in} s`)

const actor = await client.clientCredentials({ scope: 'accounts', resource })
console.log(`the client’s own token: scope "${actor.scope}"`)

const tokens = await client.exchange({ subject, actor, scope: 'accounts', resource })
console.log(`exchanged: scope "${tokens.scope}", ${tokens.expires_in} s, never longer`)

const response = await client.call(tokens, 'GET', `${resource}/accounts`)
console.log(`GET ${resource}/accounts: ${response.status}`)
console.log(await response.text())
if (response.status !== 200) process.exitCode = 1

await browser.close()
await client.close()
