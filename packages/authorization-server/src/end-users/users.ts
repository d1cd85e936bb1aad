import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { Records, StoredRecord } from '@holdfast/store'
import type { Account } from 'oidc-provider'
import { seconds } from '../vocabulary/time.ts'

/** An end-user as `provision` takes it. */
export interface User {
  readonly login: string
  readonly password: string
  /** Subject identifier; absent: the login. */
  readonly sub?: string
  /** Claims of OpenID Connect, such as `name` and `email`. */
  readonly claims?: { readonly [claim: string]: unknown }
}

/** Memory 16 MiB, about 40 ms. Kept with each hash, so that it can be raised later. */
const COST = { N: 16_384, r: 8, p: 1 }
const BYTES = 32

/**
 * Writes a user of kind `User`, id = subject, index = login; keeps the hash of an unchanged password.
 * Another one ends every login by the old.
 */
export async function keepUser(records: Records, user: User): Promise<void> {
  const sub = user.sub ?? user.login
  const known = await records.find('User', sub)
  const { password, passwordSince } =
    known && (await isPassword(known, user.password))
      ? known.payload
      : { password: await hashed(user.password), passwordSince: known ? seconds() : NEVER }
  await records.upsert({
    kind: 'User',
    id: sub,
    index: user.login,
    payload: { sub, login: user.login, claims: user.claims ?? {}, password, passwordSince },
  })
}

/** The subject of the user with this login and password, if there is one. */
export async function authenticate(
  records: Records,
  login: string,
  password: string,
): Promise<string | undefined> {
  const user = await records.findByIndex('User', login)
  // An unknown login costs as much time as a wrong password.
  const matches = await isPassword(user ?? nobody, password)
  return user && matches ? user.id : undefined
}

export async function findAccount(records: Records, sub: string): Promise<Account | undefined> {
  const user = await records.find('User', sub)
  if (!user) return undefined
  const claims = isMap(user.payload['claims']) ? user.payload['claims'] : {}
  const passwordSince = Number(user.payload['passwordSince'] ?? NEVER)
  return { accountId: sub, claims: () => ({ ...claims, sub }), passwordSince }
}

/** As end-users know themselves: several may use one browser. */
export async function loginOf(records: Records, sub: string): Promise<string> {
  const login = (await records.find('User', sub))?.payload['login']
  return typeof login === 'string' ? login : sub
}

/** When the password has been another, in seconds. */
const NEVER = 0

/**
 * Whether a login still counts: the end-user is there, and the password has not been replaced since.
 *
 * @param at seconds since the epoch; what was in the second of the replacement does not count
 */
export const isLoggedIn = (account: Account | undefined, at: number | undefined): boolean =>
  account !== undefined && at !== undefined && Number(account['passwordSince']) < at

const nobody: StoredRecord = {
  kind: 'User',
  id: '',
  payload: {
    password: { salt: 'AAAA', hash: Buffer.alloc(BYTES).toString('base64url'), ...COST },
  },
}

async function hashed(password: string) {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, COST)
  return { salt: salt.toString('base64url'), hash: hash.toString('base64url'), ...COST }
}

async function isPassword({ payload }: StoredRecord, password: string): Promise<boolean> {
  const stored = isMap(payload['password']) ? payload['password'] : {}
  const { salt, hash, N, r, p } = stored
  const expected = Buffer.from(String(hash), 'base64url')
  const actual = await derive(password, Buffer.from(String(salt), 'base64url'), {
    N: Number(N),
    r: Number(r),
    p: Number(p),
  })
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

const derive = (password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, BYTES, cost, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })

const isMap = (value: unknown): value is { readonly [member: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
