import { randomUUID } from 'node:crypto'
import type { Records, StoredRecord } from '@holdfast/store'
import type { Place } from './places.ts'

/** Milliseconds for which a bit stays set after its token has expired: clocks differ. */
const MARGIN = 60_000

/** A token's place in the lists, and when it expires in seconds, as its record has them. */
interface Listed {
  readonly place: Place
  readonly exp: number
}

/**
 * Ends every token of a grant, the grant with them (RFC6749-4.1.2, RFC7009-2.1). It goes first: a
 * token that is being issued meanwhile is recorded before its grant is looked for once more (see
 * `issuing.ts`), so it is found here, or its issuer finds that there is no grant.
 */
export async function endGrant(records: Records, grant: string): Promise<void> {
  await records.remove('Grant', grant)
  await endTokensOf(records, grant)
}

/**
 * A client is no more: neither it nor a token of it is good for anything. What it manages its
 * registration with goes first, or it could register itself anew.
 */
export async function removeClient(records: Records, client: string): Promise<void> {
  await records.revokeGrant(registrationOf(client))
  await records.remove('Client', client)
  for (const { id, payload } of await records.list('Grant'))
    if (payload['clientId'] === client) await endGrant(records, id)
  await endTokensOf(records, ownTokensOf(client))
}

/** Under this name the tokens that a client got for itself are kept, where others have a grant. */
export const ownTokensOf = (client: string): string => `client ${client}`

/** Under this name is what a client manages its registration with (RFC 7592). */
export const registrationOf = (client: string): string => `registration of ${client}`

/** Under this name are the exchanges of a token (RFC 8693): each is a grant of its own. */
export const exchangesOf = (token: string): string => `exchanges of ${token}`

/** What was made of a token ends with it, and what was made of that. */
async function endExchangesOf(records: Records, token: string): Promise<void> {
  for (const { id } of await records.listGrant(exchangesOf(token))) await endGrant(records, id)
}

/** Ends one token. Its bit is set before its record goes: killed between, it can be tried again. */
export async function endToken(records: Records, kind: string, id: string): Promise<void> {
  await endExchangesOf(records, id)
  await revoke(records, listed([await records.find(kind, id)]))
  await records.remove(kind, id)
  // Whoever was exchanging it meanwhile has left a record, and looks for the token after that.
  await endExchangesOf(records, id)
}

async function endTokensOf(records: Records, owner: string): Promise<void> {
  const found = await records.listGrant(owner)
  await revoke(records, listed(found))
  for (const { id } of found.filter(({ kind }) => ACCESS_TOKENS.has(kind)))
    await endExchangesOf(records, id)
  await records.revokeGrant(owner)
}

/** One write, however many: all of them are revoked, or none. */
export async function revoke(records: Records, tokens: readonly Listed[]): Promise<void> {
  if (tokens.length === 0) return
  const exp = tokens.reduce((latest, token) => Math.max(latest, token.exp), 0)
  const places = tokens.map(({ place: { list, idx } }) => [list, idx])
  await records.upsert({
    kind: KIND,
    id: randomUUID(),
    payload: { places },
    expiresAt: exp * 1_000 + MARGIN,
  })
}

const KIND = 'Revocation'

/** Kinds of records that stand for an access token. */
export const ACCESS_TOKENS: ReadonlySet<string> = new Set(['AccessToken', 'ClientCredentials'])

/** What has been revoked and is not over. The ids tell whether anything has changed. */
export async function readRevocations(
  records: Records,
): Promise<{ readonly version: string; readonly places: readonly Place[] }> {
  const found = await records.list(KIND)
  const version = found.map(({ id }) => id).sort()
  return { version: version.join(), places: found.flatMap(placesIn) }
}

function placesIn({ payload: { places } }: StoredRecord): readonly Place[] {
  return Array.isArray(places) ? places.map(([list, idx]: number[]) => placeOf(list, idx)) : []
}

const placeOf = (list: unknown, idx: unknown): Place => ({ list: Number(list), idx: Number(idx) })

/** Those of the records that stand for a JWT. */
const listed = (records: readonly (StoredRecord | undefined)[]): readonly Listed[] =>
  records.flatMap((record) => {
    const { place, exp }: { place?: unknown; exp?: unknown } = record?.payload ?? {}
    if (place === undefined) return []
    const { list, idx }: { list?: unknown; idx?: unknown } = Object(place)
    return [{ place: placeOf(list, idx), exp: Number(exp) }]
  })
