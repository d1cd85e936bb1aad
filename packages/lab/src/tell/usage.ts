/** How a client is used by tools that other people make: lines to be pasted into a shell. */
import { join } from 'node:path'
import type { Addresses } from '../addresses.ts'
import type { Registered as Known } from '../clients/own-clients.ts'
import { usesCertificate } from '@holdfast/client'
import { openidClient } from './usage-openid-client.ts'

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

/**
 * By each tool, the grant that needs no user, if the client has it; else the one with a browser, but
 * for curl. Nothing for a client that has neither.
 */
export function usagesOf(client: Registered, { addresses, lab }: Place): readonly Usage[] {
  const { grant_types: grants } = client.metadata
  const alone = grants.includes('client_credentials')
  if (!alone && !grants.includes('authorization_code')) return []
  return [
    ...(alone ? [{ tool: 'curl', text: curl(client, { addresses, lab }) }] : []),
    { tool: 'oauth2c', text: oauth2c(client, addresses) },
    { tool: 'openid-client', text: openidClient(client) },
  ]
}

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
  words.map((pair) => pair.map(quoted).join(' ')).join(' \\\n  ')

/** For a shell; what is quoted already has commands in it. */
export const quoted = (word: string): string =>
  /^[\w./:=@%+,-]+$|^"/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
