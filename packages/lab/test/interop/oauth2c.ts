/**
 * What oauth2c 1 sends for a command line, for checking printed commands where it is not installed:
 * its flags and its requests as they are on the wire, with all that it leaves out.
 */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import {
  accessTokenHash,
  type Fetch,
  makeProof,
  openConnection,
  thumbprint,
} from '@holdfast/client'
import { asProofKey, type SigningKey } from '../../src/clients/signing-key.ts'
import { decodeJwt } from '../../src/tell/jwt.ts'

const SWITCHES = new Set([
  'dpop',
  'par',
  'pkce',
  'request-object',
  'silent',
  'no-browser',
  'no-prompt',
])
const VALUES = `
  grant-type client-id auth-method scopes refresh-token redirect-url username password
  response-types response-mode prompt max-age acr-values rar signing-key
  subject-token subject-token-type actor-token actor-token-type
  tls-cert tls-key tls-root-ca token-endpoint mtls-token-endpoint device-authorization-endpoint
`.split(/\s+/)

type Flags = Readonly<Record<string, string>>
type Form = Record<string, string>

/** @throws for a flag that oauth2c does not have, or one that it wants a value for */
export function readFlags([program, issuer = '', ...rest]: readonly string[]): Flags {
  if (program !== 'oauth2c') throw new Error(`${program} is not oauth2c`)
  const flags: Record<string, string> = { issuer }
  for (let i = 0; i < rest.length; i += 1) {
    const name = (rest[i] ?? '').replace(/^--/, '')
    if (SWITCHES.has(name)) flags[name] = ''
    else if (VALUES.includes(name) && rest[i + 1] !== undefined) flags[name] = rest[(i += 1)] ?? ''
    else throw new Error(`oauth2c has no ${rest[i]}, or wants a value for it`)
  }
  return flags
}

/** The end-user with a browser, by what oauth2c opens in it. */
export interface Browse {
  /** Logs in and consents; where the browser comes back to. */
  readonly authorize: (url: string, redirectUri: string) => Promise<URL>
  readonly device: (url: string) => Promise<void>
}

/** Its lists are separated by commas, those of OAuth by spaces. */
const words = (list: string): string => list.replaceAll(',', ' ')

/**
 * A run of oauth2c: what it prints, which is what the token endpoint answers.
 *
 * @throws what a server refuses: status, error and description
 */
export async function oauth2c(flags: Flags, browse: Browse): Promise<Record<string, unknown>> {
  const run = await begin(flags)
  try {
    const grant = flags['grant-type'] ?? ''
    if (grant === 'authorization_code') return await run.token(await authorize(run, browse))
    if (grant.endsWith(':device_code')) return await run.token(await device(run, browse))
    const { scopes, 'refresh-token': refresh } = flags
    return await run.token({
      ...(scopes !== undefined && { scope: words(scopes) }),
      ...(refresh !== undefined && { refresh_token: refresh }),
      ...kept(flags, ['subject-token', 'subject-token-type', 'actor-token', 'actor-token-type']),
      ...kept(flags, ['username', 'password']),
    })
  } finally {
    await run.close()
  }
}

const kept = (flags: Flags, names: readonly string[]): Form =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = flags[name]
      return value === undefined ? [] : [[name.replaceAll('-', '_'), value]]
    }),
  )

type Run = Awaited<ReturnType<typeof begin>>

async function begin(flags: Flags) {
  const read = async (flag: string) => readFile(flags[flag] ?? '', 'utf8')
  const certificate = 'tls-cert' in flags && {
    certificate: { chain: await read('tls-cert'), key: await read('tls-key') },
  }
  const trust = await read('tls-root-ca')
  // Its one certificate is shown wherever it is asked for.
  const { fetch, close } = openConnection({ trust, ...certificate })
  const server = await endpoints(flags, fetch)
  const key: SigningKey | undefined =
    'signing-key' in flags
      ? JSON.parse(await read('signing-key')).keys.find(isForSigning)
      : undefined
  const signed = (claims: object): Promise<string> => sign(key, claims)

  const post = async (name: keyof Aliases, form: Form, proof = false) => {
    const url = certificate ? server.mtls_endpoint_aliases[name] : server[name]
    const headers = proof
      ? { dpop: await makeProof(asProofKey(key!), { method: 'POST', url }) }
      : {}
    const body = new URLSearchParams({ ...form, ...(await authentication(flags, server, signed)) })
    return accepted(await fetch(url, { method: 'POST', body, headers }))
  }
  const token = (form: Form) =>
    post('token_endpoint', { grant_type: flags['grant-type'] ?? '', ...form }, 'dpop' in flags)
  return { flags, server, fetch, close, key, signed, post, token }
}

interface Aliases {
  readonly token_endpoint: string
  readonly pushed_authorization_request_endpoint: string
}

interface Metadata extends Aliases {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly device_authorization_endpoint: string
  readonly jwks_uri: string
  readonly mtls_endpoint_aliases: Aliases
}

async function accepted(answer: Response) {
  const body = JSON.parse(await answer.text())
  if (!answer.ok) throw new Error(`${answer.status} ${body.error}: ${body.error_description}`)
  return body
}

/** One endpoint on the command line, and it reads no metadata at all. */
async function endpoints(flags: Flags, fetch: Fetch): Promise<Metadata> {
  const given = kept(flags, ['token-endpoint', 'device-authorization-endpoint'])
  if (Object.keys(given).length === 0) {
    const answer = await fetch(`${flags['issuer']}/.well-known/openid-configuration`)
    return JSON.parse(await answer.text())
  }
  const aliases = { token_endpoint: flags['mtls-token-endpoint'] }
  return Object({ ...given, mtls_endpoint_aliases: aliases })
}

const isForSigning = ({ use, alg }: { use?: string; alg?: string }): boolean =>
  use === 'sig' && alg !== undefined

const now = (): number => Math.floor(Date.now() / 1_000)

/** A JWT with `alg` and `kid` in its header and nothing else. */
async function sign(key: SigningKey | undefined, claims: object): Promise<string> {
  if (!key) throw new Error('oauth2c has no key to sign with')
  const none = { jti: undefined, htm: undefined, htu: undefined, iat: undefined }
  return makeProof(asProofKey(key), {
    method: '',
    url: '',
    header: { typ: undefined, jwk: undefined, kid: key['kid'] },
    claims: { ...none, ...claims },
  })
}

/** The audience of its assertions is the token endpoint, whatever endpoint they go to. */
async function authentication(
  flags: Flags,
  { token_endpoint: aud }: Metadata,
  signed: (claims: object) => Promise<string>,
): Promise<Form> {
  const client = flags['client-id'] ?? ''
  if (flags['auth-method'] !== 'private_key_jwt') return { client_id: client }
  const life = { iat: now(), exp: now() + 600 }
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signed({ iss: client, sub: client, aud, ...life, jti: randomUUID() }),
  }
}

async function authorize(run: Run, browse: Browse): Promise<Form> {
  const { flags, server, fetch, post } = run
  const redirect_uri = flags['redirect-url'] ?? 'http://localhost:9876/callback'
  const verifier = randomUUID().repeat(2)
  const { request_uri } = await post(
    'pushed_authorization_request_endpoint',
    await pushed(run, { redirect_uri, verifier }),
  )
  const client_id = flags['client-id'] ?? ''
  const query = new URLSearchParams({ client_id, request_uri }).toString()
  const back = await browse.authorize(`${server.authorization_endpoint}?${query}`, redirect_uri)
  const jarm = back.searchParams.get('response')
  const { keys } = JSON.parse(await (await fetch(server.jwks_uri)).text())
  // It verifies JARM by the first key for signatures, whatever its kid says.
  if (jarm !== null && decodeJwt(jarm)?.header['kid'] !== keys.find(isForSigning).kid)
    throw new Error('oauth2c cannot verify this response')
  const code = decodeJwt(jarm ?? '')?.claims['code'] ?? back.searchParams.get('code')
  if (typeof code !== 'string') throw new Error(`no code in ${back.href}`)
  return { redirect_uri, code, code_verifier: verifier }
}

interface Own {
  readonly redirect_uri: string
  readonly verifier: string
}

async function pushed({ flags, server, key, signed }: Run, own: Own): Promise<Form> {
  const { scopes = '', prompt, rar, 'client-id': client_id = '' } = flags
  const outside = {
    ...(scopes !== '' && { scope: words(scopes) }),
    ...(prompt !== undefined && { prompt: words(prompt) }),
    ...kept(flags, ['max-age', 'acr-values']),
  }
  const form = {
    client_id,
    redirect_uri: own.redirect_uri,
    state: randomUUID(),
    nonce: randomUUID(),
    response_type: flags['response-types'] ?? '',
    ...kept(flags, ['response-mode']),
    ...outside,
    ...('pkce' in flags && {
      code_challenge: accessTokenHash(own.verifier),
      code_challenge_method: 'S256',
    }),
    ...(rar !== undefined && { authorization_details: rar }),
  }
  const life = { nbf: now(), exp: now() + 600 }
  const object = () => signed({ ...form, iss: client_id, aud: server.issuer, ...life })
  return {
    ...('request-object' in flags ? { client_id, request: await object(), ...outside } : form),
    ...('dpop' in flags && { dpop_jkt: thumbprint(asProofKey(key!).publicJwk) }),
  }
}

async function device({ flags, server, fetch }: Run, browse: Browse): Promise<Form> {
  const { 'client-id': client_id = '', scopes = '' } = flags
  // Without client authentication, and never at the alias of its own accord.
  const body = new URLSearchParams({ client_id, scope: words(scopes) })
  const { device_code, verification_uri_complete } = await accepted(
    await fetch(server.device_authorization_endpoint, { method: 'POST', body }),
  )
  await browse.device(verification_uri_complete)
  return { device_code }
}
