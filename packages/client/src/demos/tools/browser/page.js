// A FAPI 2.0 client that is a page: authorization code with PAR, PKCE, private_key_jwt and DPoP.
import { keyPair } from './keys.js'
import { proof, sha256, sign, thumbprint } from './sign.js'

const { issuer, resource } = await (await fetch('/browser/addresses')).json()
const discovery = await fetch(`${issuer}/.well-known/oauth-authorization-server`)
const metadata = await discovery.json()
if (metadata.issuer !== issuer) throw new Error('the metadata is that of another issuer')

const clientId = 'browser-page'
const redirectUri = `${location.origin}${location.pathname}`
const clientKey = await keyPair('client')
const dpopKey = await keyPair('dpop')
const random = () =>
  crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: 'base64url', omitPadding: true })

/** @param {string} sentence */
const tell = (sentence) => {
  const item = document.createElement('li')
  item.textContent = sentence // never as HTML: some of it comes from servers
  element('story').append(item)
}
/** @param {string} id @returns {HTMLElement} */
const element = (id) => document.getElementById(id) ?? document.body

/** What is refused with a nonce is sent once more with it. @param {(nonce?: string) => Promise<Response>} send */
async function twice(send) {
  const response = await send()
  const nonce = response.headers.get('dpop-nonce') // which the server must expose to this origin
  return response.ok || nonce === null ? response : send(nonce)
}

/** @param {string} endpoint @param {Record<string, string>} parameters */
const post = async (endpoint, parameters) => {
  const response = await twice(async (nonce) => {
    const exp = Math.floor(Date.now() / 1000) + 60
    const claims = { iss: clientId, sub: clientId, aud: issuer, exp, jti: random() }
    return fetch(endpoint, {
      method: 'POST',
      headers: { DPoP: await proof(dpopKey, { htm: 'POST', htu: endpoint, nonce }) },
      body: new URLSearchParams({
        ...parameters,
        client_id: clientId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await sign(clientKey, { kid: await thumbprint(clientKey) }, claims),
      }),
    })
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(`${answer.error}: ${answer.error_description}`)
  return answer
}

async function start() {
  const [state, verifier] = [random(), random()]
  sessionStorage.setItem('authorization', JSON.stringify({ state, verifier }))
  const pushed = await post(metadata.pushed_authorization_request_endpoint, {
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'accounts',
    resource,
    state,
    code_challenge: await sha256(verifier),
    code_challenge_method: 'S256',
  })
  const query = new URLSearchParams({ client_id: clientId, request_uri: pushed.request_uri })
  location.assign(`${metadata.authorization_endpoint}?${query}`)
}

/** @param {URLSearchParams} response */
async function finish(response) {
  const { state, verifier } = JSON.parse(sessionStorage.getItem('authorization') ?? '{}')
  sessionStorage.removeItem('authorization')
  history.replaceState(null, '', redirectUri) // the code leaves the address bar
  if (state === undefined || response.get('state') !== state) throw new Error('a foreign state')
  if (response.get('iss') !== issuer) throw new Error('a response of another issuer') // RFC 9207
  const code = response.get('code')
  if (code === null) throw new Error(String(response.get('error')))
  const grant = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, resource }
  const tokens = await post(metadata.token_endpoint, { ...grant, code_verifier: verifier })
  if (tokens.token_type.toLowerCase() !== 'dpop') throw new Error(`a ${tokens.token_type} token`)
  tell(`token of type dpop, ${tokens.expires_in} s, scope "${tokens.scope}"`)

  const [url, token] = [`${resource}/accounts`, tokens.access_token]
  const answer = await twice(async (nonce) => {
    const claims = { htm: 'GET', htu: url, ath: await sha256(token), nonce }
    const headers = { Authorization: `DPoP ${token}`, DPoP: await proof(dpopKey, claims) }
    return fetch(url, { headers })
  })
  tell(`GET ${url}: ${answer.status}`)
  tell(await answer.text())
}

/** @param {Promise<void>} work */
const told = (work) => work.catch((error) => tell(String(error)))

const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', clientKey.publicKey)
const jwk = { kty, crv, x, y, alg: 'ES256', use: 'sig', kid: await thumbprint(clientKey) }
const registration = element('registration')
// One line to be copied, and far wider than a window.
Object.assign(registration.style, { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' })
registration.textContent =
  `echo '${JSON.stringify({ keys: [jwk] })}' | scripts/lab client add ${clientId} ` +
  `--auth private_key_jwt --bind dpop --redirect-uri ${redirectUri} --jwks -`
element('start').addEventListener('click', () => void told(start()))
const response = new URLSearchParams(location.search)
if (response.has('state')) await told(finish(response))
