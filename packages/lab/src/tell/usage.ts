/** How a client is used by tools that other people make: lines to be pasted into a shell. */
import { join } from 'node:path'
import type { Addresses } from '../addresses.ts'
import type { Registered as Known } from '../own-clients.ts'
import { usesCertificate } from '@holdfast/client'

/** One whose keys we have. */
type Registered = Required<Known>

export interface Usage {
  readonly tool: string
  readonly text: string
}

export interface Place {
  readonly addresses: Addresses
  /** How our own commands find this lab: `scripts/lab`, and options. */
  readonly lab: string
}

/** By each tool, the grant that needs no user, if the client has it; else the one with a user. */
export const usagesOf = (client: Registered, { addresses, lab }: Place): readonly Usage[] => [
  ...(client.metadata.grant_types.includes('client_credentials')
    ? [{ tool: 'curl', text: curl(client, { addresses, lab }) }]
    : []),
  { tool: 'oauth2c', text: oauth2c(client, addresses) },
  { tool: 'openid-client', text: openidClient(client) },
]

function curl({ folder, material }: Registered, { addresses, lab }: Place): string {
  const { issuer, mtlsAlias } = addresses
  const { clientId, authentication, binding } = material
  const url = `${usesCertificate(material) ? mtlsAlias : issuer}/token`
  const line = command([
    ['curl', url],
    ['--cacert', join(folder, 'trust.pem')],
    ...(usesCertificate(material) ? certificate(folder, ['--cert', '--key']) : []),
    ...(binding === 'dpop' ? [['-H', `"DPoP: $(${lab} proof POST ${url} --as ${clientId})"`]] : []),
    ['-d', 'grant_type=client_credentials'],
    ['-d', 'scope=accounts'],
    ['-d', `client_id=${clientId}`],
    ...(authentication === 'private_key_jwt'
      ? [
          ['-d', 'client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
          ['-d', `"client_assertion=$(${lab} assertion --as ${clientId})"`],
        ]
      : []),
  ])
  return binding === 'dpop' ? `${NONCE}\n${line}` : line
}

const NONCE =
  '# where the answer is use_dpop_nonce: proof --nonce, with the value of its DPoP-Nonce'

/** Its assertions name the token endpoint as audience, which only the profile `compat-oauth2c` accepts. */
function oauth2c({ folder, material, metadata }: Registered, { issuer }: Addresses): string {
  const { clientId, authentication, binding } = material
  const alone = metadata.grant_types.includes('client_credentials')
  const tool = command([
    ['oauth2c', issuer],
    ['--client-id', clientId],
    ['--auth-method', authentication],
    ['--grant-type', alone ? 'client_credentials' : 'authorization_code'],
    ...(alone ? [] : [['--response-types', 'code'], ['--pkce'], ['--par']]),
    ['--scopes', 'accounts'],
    ...(usesCertificate(material) ? certificate(folder, ['--tls-cert', '--tls-key']) : []),
    ['--tls-root-ca', join(folder, 'trust.pem')],
    ...(binding === 'dpop' ? [['--dpop']] : []),
    ...(binding === 'dpop' || authentication === 'private_key_jwt'
      ? [['--signing-key', join(folder, 'signing.jwks.json')]]
      : []),
  ])
  return authentication === 'private_key_jwt' && metadata.profile !== 'compat-oauth2c'
    ? `# refused under this profile, for the audience of its assertions: --profile compat-oauth2c\n${tool}`
    : tool
}

const certificate = (folder: string, [chain, key]: readonly [string, string]) => [
  [chain, join(folder, 'certificate.pem')],
  [key, join(folder, 'certificate.key.pem')],
]

const command = (words: readonly (readonly string[])[]): string =>
  words.map((pair) => pair.join(' ')).join(' \\\n  ')

function openidClient({ folder, material }: Registered): string {
  const { issuer, clientId, authentication, binding } = material
  const jwt = authentication === 'private_key_jwt'
  const read = (file: string) => `readFileSync('${join(folder, file)}', 'utf8')`
  return [
    `import { readFileSync } from 'node:fs'`,
    `import * as client from 'openid-client'`,
    `import { Agent, fetch } from 'undici'`,
    '',
    `const dispatcher = new Agent({`,
    `  connect: {`,
    `    ca: ${read('trust.pem')},`,
    ...(usesCertificate(material)
      ? [`    cert: ${read('certificate.pem')},`, `    key: ${read('certificate.key.pem')},`]
      : []),
    `  },`,
    `})`,
    ...(jwt
      ? [
          `const jwk = JSON.parse(${read('key.jwk.json')})`,
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
    ...(binding === 'dpop'
      ? [
          `const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))`,
          `const tokens = await client.clientCredentialsGrant(config, { scope: 'accounts' }, { DPoP })`,
        ]
      : [`const tokens = await client.clientCredentialsGrant(config, { scope: 'accounts' })`]),
    `console.log(tokens)`,
  ].join('\n')
}
