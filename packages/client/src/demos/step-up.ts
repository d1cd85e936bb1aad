/* oxlint-disable no-console -- a demo speaks to the person who runs it */
import { approve, connect, openConnection, readMaterial, stepUpOf } from '../index.ts'

// node packages/client/src/demos/step-up.ts [folder of a client] [resource server]
const [folder = '.lab/clients/private-key-jwt-dpop', resource = 'https://localhost:9543'] =
  process.argv.slice(2)

const client = await connect(await readMaterial(folder))
const { issuer, clientId, authentication, binding, redirectUri } = client.material
console.log(`${clientId} at ${issuer}: ${authentication}, tokens constrained by ${binding}`)

const browser = openConnection({ trust: client.material.trust })
const user = { login: 'alice', password: 'doe' }
const logIn = async (wanted: ReturnType<typeof stepUpOf>) => {
  const request = { scope: 'openid accounts', resource, ...wanted }
  const authorization = await client.authorize(request)
  const currentUrl = await approve(authorization.url, { fetch: browser.fetch, user, redirectUri })
  return authorization.callback(currentUrl)
}

const first = await logIn({})
console.log(`${user.login} logged in and approved; token of type ${first.token_type}`)

const refused = await client.call(first, 'GET', `${resource}/step-up`)
const wanted = stepUpOf(refused)
console.log(`GET ${resource}/step-up: ${refused.status}, it wants ${JSON.stringify(wanted)}`)

if (wanted) {
  const tokens = await logIn(wanted)
  console.log(
    `${user.login} logged in as asked: acr ${JSON.stringify(tokens.id_token_claims?.acr)}`,
  )
  const response = await client.call(tokens, 'GET', `${resource}/step-up`)
  console.log(`GET ${resource}/step-up: ${response.status}\n${await response.text()}`)
  if (response.status !== 200) process.exitCode = 1
} else process.exitCode = 1
await Promise.all([browser.close(), client.close()])
