/** A program with openid-client, as it stands. */
import { join } from 'node:path'
import { usesCertificate } from '@holdfast/client'
import type { Registered as Known } from '../clients/own-clients.ts'

/** One whose keys we have. */
type Registered = Required<Known>

export function openidClient(client: Registered): string {
  const alone = client.metadata.grant_types.includes('client_credentials')
  return [
    ...imports(alone),
    ...connection(client),
    ...configuration(client),
    ...(client.material.binding === 'dpop'
      ? [`const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))`]
      : []),
    ...(alone ? byItself(client) : withAUser(client)),
    `console.log(tokens)`,
  ].join('\n')
}

const imports = (alone: boolean): readonly string[] => [
  `import { readFileSync } from 'node:fs'`,
  ...(alone ? [] : [`import { createInterface } from 'node:readline/promises'`]),
  `import * as client from 'openid-client'`,
  `import { Agent, fetch } from 'undici'`,
  '',
]

const reading = (folder: string, file: string): string =>
  `readFileSync(${JSON.stringify(join(folder, file))}, 'utf8')`

const connection = ({ folder, material }: Registered): readonly string[] => [
  `const dispatcher = new Agent({`,
  `  connect: {`,
  `    ca: ${reading(folder, 'trust.pem')},`,
  ...(usesCertificate(material)
    ? [
        `    cert: ${reading(folder, 'certificate.pem')},`,
        `    key: ${reading(folder, 'certificate.key.pem')},`,
      ]
    : []),
  `  },`,
  `})`,
]

function configuration({ folder, material }: Registered): readonly string[] {
  const { issuer, clientId, authentication } = material
  const jwt = authentication === 'private_key_jwt'
  return [
    ...(jwt
      ? [
          `const jwk = JSON.parse(${reading(folder, 'key.jwk.json')})`,
          `const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])`,
        ]
      : []),
    `const config = await client.discovery(`,
    `  new URL('${issuer}'),`,
    `  '${clientId}',`,
    `  { use_mtls_endpoint_aliases: ${usesCertificate(material)} },`,
    `  ${jwt ? 'client.PrivateKeyJwt({ key, kid: jwk.kid })' : 'client.TlsClientAuth()'},`,
    `  { [client.customFetch]: (url, options) => fetch(url, { ...options, dispatcher }) },`,
    `)`,
  ]
}

const byItself = ({ material }: Registered): readonly string[] => [
  `const tokens = await client.clientCredentialsGrant(config, { scope: 'accounts' }${material.binding === 'dpop' ? ', { DPoP }' : ''})`,
]

function withAUser({ material, metadata }: Registered): readonly string[] {
  const options = material.binding === 'dpop' ? ', { DPoP }' : ''
  return [
    `const pkceCodeVerifier = client.randomPKCECodeVerifier()`,
    `const expectedState = client.randomState()`,
    `const page = await client.buildAuthorizationUrlWithPAR(config, {`,
    `  redirect_uri: '${metadata.redirect_uris?.[0] ?? material.redirectUri}',`,
    `  scope: 'openid accounts',`,
    `  state: expectedState,`,
    `  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),`,
    `  code_challenge_method: 'S256',`,
    `}${options})`,
    `console.log(page.href)`,
    `const back = await createInterface(process.stdin, process.stderr).question('Where the browser came back to: ')`,
    `const tokens = await client.authorizationCodeGrant(config, new URL(back), { pkceCodeVerifier, expectedState }${options && `, undefined${options}`})`,
  ]
}
