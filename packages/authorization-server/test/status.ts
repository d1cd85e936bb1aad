import { inflateSync } from 'node:zlib'
import type { Send } from './http.ts'

/** What a resource server learns of a token from the status list that it names. */

const claimsOf = (jwt: unknown) =>
  JSON.parse(Buffer.from(String(jwt).split('.')[1] ?? '', 'base64url').toString())

export const inflated = (lst: string): Buffer => inflateSync(Buffer.from(lst, 'base64url'))

/** `undefined`: it names none, and cannot be revoked. */
export function statusOf(token: unknown): { idx: number; uri: string } | undefined {
  return claimsOf(token).status?.status_list
}

/** The bit of a token, in the list as it is published now. */
export async function isRevokedIn(send: Send, token: unknown): Promise<boolean | undefined> {
  const status = statusOf(token)
  if (!status) return undefined
  const { lst }: { lst: string } = claimsOf((await send({ url: status.uri })).text).status_list
  return (inflated(lst)[status.idx >> 3]! & (1 << (status.idx & 7))) !== 0
}
