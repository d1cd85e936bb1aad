/* oxlint-disable no-console -- a demo speaks to the person who runs it */
import { text } from 'node:stream/consumers'
import { connect, readMaterial, register, ResponseBodyError } from '../index.ts'

// scripts/lab client statement private-key-jwt-dpop |
//   node packages/client/src/demos/registration.ts [folder of a client] [resource server]
const [folder = '.lab/clients/private-key-jwt-dpop', resource = 'https://localhost:9543'] =
  process.argv.slice(2)

const template = await readMaterial(folder) // the statement is about its keys
console.log('a software statement, from standard input …')
const registration = await register(template, (await text(process.stdin)).trim())
console.log(`registered as ${registration.clientId}, like ${template.clientId}`)

const client = await connect({ ...template, clientId: registration.clientId })
const { issuer, clientId, authentication, binding } = client.material
console.log(`${clientId} at ${issuer}: ${authentication}, tokens constrained by ${binding}`)

const tokens = await client.clientCredentials({ scope: 'accounts', resource })
const response = await client.call(tokens, 'GET', `${resource}/accounts`)
console.log(`GET ${resource}/accounts: ${response.status}`)

const { scope } = await registration.read()
console.log(`registered with scope "${String(scope)}"`)
await registration.update({ id_token_signed_response_alg: 'ES256' })
console.log('updated: its ID tokens are signed by ES256')

const constraint = binding === 'dpop' ? 'dpop' : 'tls_client_certificate'
const weaker = { [`${constraint}_bound_access_tokens`]: false }
const refused: unknown = await registration.update(weaker).catch((error: unknown) => error)
if (!(refused instanceof ResponseBodyError)) throw new TypeError('a weaker client was registered')
console.log(`weaker: ${refused.status} ${refused.error}, ${refused.error_description}`)

await registration.remove()
const gone: unknown = await registration.read().catch(({ error }) => error)
console.log(`removed; to read it again is ${JSON.stringify(gone)}`)
if (response.status !== 200 || gone !== 'invalid_token') process.exitCode = 1
await Promise.all([registration.close(), client.close()])
