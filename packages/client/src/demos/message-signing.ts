/* oxlint-disable no-console -- a demo speaks to the person who runs it */
import { approve, connect, openConnection, readMaterial } from '../index.ts'

// node packages/client/src/demos/message-signing.ts [folder of a client] [resource server]
const [folder = '.lab/clients/message-signing', resource = 'https://localhost:9543'] =
  process.argv.slice(2)

const client = await connect(await readMaterial(folder), { messageSigning: true })
const { issuer, clientId, authentication, binding, redirectUri } = client.material
console.log(`${clientId} at ${issuer}: ${authentication}, tokens constrained by ${binding}`)

const authorization = await client.authorize({ scope: 'openid accounts', resource })
console.log(`pushed the request, signed; the browser goes to ${authorization.url.href}`)

const browser = openConnection({ trust: client.material.trust })
const user = { login: 'alice', password: 'doe' }
const currentUrl = await approve(authorization.url, { fetch: browser.fetch, user, redirectUri })
console.log(
  `${user.login} approved; the browser came back to ${redirectUri} with a signed response`,
)

const tokens = await authorization.callback(currentUrl)
console.log(`token of type ${tokens.token_type}, ${tokens.expires_in} s, scope "${tokens.scope}"`)
console.log(`ID token about ${tokens.id_token_claims?.sub}`)

const response = await client.call(tokens, 'GET', `${resource}/accounts`)
console.log(`GET ${resource}/accounts: ${response.status}`)
console.log(await response.text())
if (response.status !== 200) process.exitCode = 1

await browser.close()
await client.close()
