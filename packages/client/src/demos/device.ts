/* oxlint-disable no-console -- a demo speaks to the person who runs it */
import { approveDevice, connect, openConnection, readMaterial } from '../index.ts'

// node packages/client/src/demos/device.ts [folder of a client] [resource server]
const [folder = '.lab/clients/private-key-jwt-dpop', resource = 'https://localhost:9543'] =
  process.argv.slice(2)

const client = await connect(await readMaterial(folder))
const { issuer, clientId, authentication, binding, trust } = client.material
console.log(`${clientId} at ${issuer}: ${authentication}, tokens constrained by ${binding}`)

const device = await client.authorizeDevice({ scope: 'openid accounts', resource })
console.log(`the device shows: go to ${device.verificationUri} and enter ${device.userCode}`)

const otherDevice = openConnection({ trust })
const user = { login: 'alice', password: 'doe' }
const { verificationUri: page, verificationUriComplete: url = page } = device
await approveDevice(url, { fetch: otherDevice.fetch, user })
console.log(`${user.login} went there with a browser, saw ${device.userCode}, and allowed it`)

const tokens = await device.tokens()
console.log(`token of type ${tokens.token_type}, ${tokens.expires_in} s, scope "${tokens.scope}"`)
console.log(`ID token about ${tokens.id_token_claims?.sub}`)

const response = await client.call(tokens, 'GET', `${resource}/accounts`)
console.log(`GET ${resource}/accounts: ${response.status}`)
console.log(await response.text())
if (response.status !== 200) process.exitCode = 1

await otherDevice.close()
await client.close()
