/** The lab's issuer of software statements (RFC 7591 §2.3): by one of these a client registers itself. */
import type { JsonWebKey } from 'node:crypto'
import { createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClientMetadata } from '@holdfast/authorization-server'
import { codeOf, UsageError } from '../errors.ts'

/** A name; nothing is there. */
const STATEMENT_ISSUER = 'https://directory.holdfast.example'
const KID = 'directory'

/** Seconds for which a statement may be used, once. */
const LIFE = 3_600

const fileIn = (state: string): string => join(state, 'software-statements', 'key.jwk.json')

/** What the authorization server is told of it. The key is made once and kept. */
export async function statementIssuer(state: string) {
  const { d: _, ...jwk } = await keyIn(state)
  return { issuer: STATEMENT_ISSUER, jwks: { keys: [jwk] } }
}

/** @returns a JWT that registers one client with this metadata */
export async function softwareStatement(
  state: string,
  { client_id: software_id, ...metadata }: ClientMetadata,
): Promise<string> {
  const key = createPrivateKey({ key: await keyIn(state), format: 'jwk' })
  const iat = Math.floor(Date.now() / 1_000)
  const about = { iss: STATEMENT_ISSUER, iat, exp: iat + LIFE, jti: randomUUID() }
  const input = [
    { alg: 'ES256', typ: 'JWT', kid: KID },
    { ...metadata, software_id, ...about },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

async function keyIn(state: string): Promise<JsonWebKey> {
  const file = fileIn(state)
  try {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: KID }
    await mkdir(join(state, 'software-statements'), { recursive: true, mode: 0o700 })
    // Of those that make it at once, one does.
    await writeFile(file, `${JSON.stringify(jwk)}\n`, { mode: 0o600, flag: 'wx' })
    return jwk
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
  try {
    const jwk: JsonWebKey = JSON.parse(await readFile(file, 'utf8'))
    createPrivateKey({ key: jwk, format: 'jwk' })
    return jwk
  } catch {
    throw new UsageError(`${file} is not a key: remove it, and another is made`)
  }
}
