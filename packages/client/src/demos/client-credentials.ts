/* oxlint-disable no-console -- a demo speaks to the person who runs it */
import { connect, readMaterial } from '../index.ts'

// node packages/client/src/demos/client-credentials.ts [folder of a client] [resource server]
const [folder = '.lab/clients/private-key-jwt-dpop', resource = 'https://localhost:9543'] =
  process.argv.slice(2)

const client = await connect(await readMaterial(folder))
const { issuer, clientId, authentication, binding } = client.material
console.log(`${clientId} at ${issuer}: ${authentication}, tokens constrained by ${binding}`)

const tokens = await client.clientCredentials({ scope: 'accounts', resource })
console.log(`token of type ${tokens.token_type}, ${tokens.expires_in} s, scope "${tokens.scope}"`)

const response = await client.call(tokens, 'GET', `${resource}/accounts`)
console.log(`GET ${resource}/accounts: ${response.status}`)
console.log(await response.text())
if (response.status !== 200) process.exitCode = 1

await client.close()
