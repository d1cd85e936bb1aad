/** The lab's issuer of software statements (RFC 7591 §2.3): by one of these a client registers itself. */
import type { JsonWebKey } from 'node:crypto'
import { createPrivateKey, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ClientMetadata } from '@holdfast/authorization-server'
import { SignJWT } from 'jose'
import { codeOf, UsageError } from '../errors.ts'
import { newKey } from './signing-key.ts'

/** A name; nothing is there. */
const STATEMENT_ISSUER = 'https://directory.holdfast.example'
const KID = 'directory'

/** For which a statement may be used, once. */
const LIFE = '1 hour'

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
  return new SignJWT({ ...metadata, software_id })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: KID })
    .setIssuer(STATEMENT_ISSUER)
    .setIssuedAt()
    .setExpirationTime(LIFE)
    .setJti(randomUUID())
    .sign(key)
}

async function keyIn(state: string): Promise<JsonWebKey> {
  const file = fileIn(state)
  if (!existsSync(file)) await makeKey(file)
  try {
    const jwk: JsonWebKey = JSON.parse(await readFile(file, 'utf8'))
    createPrivateKey({ key: jwk, format: 'jwk' })
    return jwk
  } catch {
    throw new UsageError(`${file} is not a key: remove it, and another is made`)
  }
}

/** Of those that make it at once, one does. */
async function makeKey(file: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(file, `${JSON.stringify(newKey(KID))}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}
