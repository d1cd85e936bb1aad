/* oxlint-disable no-console -- a demo speaks to the person who runs it */
import { randomInt } from 'node:crypto'
import { connect, decide, openConnection, readMaterial } from '../index.ts'

// node packages/client/src/demos/ciba.ts [folder of a client] [resource server]
const [folder = '.lab/clients/ciba', resource = 'https://localhost:9543'] = process.argv.slice(2)

const client = await connect(await readMaterial(folder))
const { issuer, clientId, authentication, binding, trust } = client.material
console.log(`${clientId} at ${issuer}: ${authentication}, tokens constrained by ${binding}`)

const bindingMessage = `Till ${randomInt(1, 1_000_000)}`
const request = { scope: 'openid accounts', resource, loginHint: 'alice', bindingMessage }
const asked = await client.authenticate(request)
console.log(`asked for alice with “${bindingMessage}”; she has ${asked.expiresIn} s`)

const otherDevice = openConnection({ trust })
const user = { login: 'alice', password: 'doe' }
const answer = { fetch: otherDevice.fetch, user, bindingMessage, decision: 'allow' } as const
await decide(`${issuer}/approvals`, answer)
console.log(`${user.login} saw “${bindingMessage}” on another device and allowed it`)

const tokens = await asked.tokens()
console.log(`token of type ${tokens.token_type}, ${tokens.expires_in} s, scope "${tokens.scope}"`)
console.log(`ID token about ${tokens.id_token_claims?.sub}`)

const response = await client.call(tokens, 'GET', `${resource}/accounts`)
console.log(`GET ${resource}/accounts: ${response.status}`)
console.log(await response.text())
if (response.status !== 200) process.exitCode = 1

await otherDevice.close()
await client.close()
