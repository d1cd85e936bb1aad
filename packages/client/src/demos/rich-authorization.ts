/* oxlint-disable no-console -- a demo speaks to the person who runs it */
import { approve, connect, openConnection, readMaterial } from '../index.ts'

// node packages/client/src/demos/rich-authorization.ts [folder of a client] [resource server]
const [folder = '.lab/clients/private-key-jwt-dpop', resource = 'https://localhost:9543'] =
  process.argv.slice(2)

const client = await connect(await readMaterial(folder))
const { issuer, clientId, authentication, binding, redirectUri } = client.material
console.log(`${clientId} at ${issuer}: ${authentication}, tokens constrained by ${binding}`)

const payment = {
  instructedAmount: { currency: 'EUR', amount: '12.50' },
  creditorName: 'Corner shop',
  creditorAccount: { iban: 'DE02100100109307118603' },
}
const authorizationDetails = [{ type: 'payment_initiation', ...payment }]
const request = { scope: 'openid payments', resource, authorizationDetails }
const authorization = await client.authorize(request)
console.log(`pushed the request; the browser goes to ${authorization.url.href}`)

const browser = openConnection({ trust: client.material.trust })
const user = { login: 'alice', password: 'doe' }
const currentUrl = await approve(authorization.url, { fetch: browser.fetch, user, redirectUri })
console.log(`${user.login} allowed this payment; the browser came back to ${redirectUri}`)

const tokens = await authorization.callback(currentUrl)
console.log(`token for ${JSON.stringify(tokens.authorization_details)}`)

const pay = async (order: object) => {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify(order)
  const response = await client.call(tokens, 'POST', `${resource}/payments`, { headers, body })
  console.log(`POST ${resource}/payments: ${response.status}\n${await response.text()}`)
  return response.status
}
const refused = await pay({ ...payment, creditorName: 'Somebody else' })
if (refused !== 403 || (await pay(payment)) !== 201) process.exitCode = 1
await Promise.all([browser.close(), client.close()])
