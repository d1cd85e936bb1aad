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

/** Milliseconds, and more, for which the server publishes what it has read before it reads again. */
const MOMENT = 150

/** The bit of a token, in a list that is no older than this question. */
export async function isRevokedIn(send: Send, token: unknown): Promise<boolean | undefined> {
  const status = statusOf(token)
  if (!status) return undefined
  const { uri, idx } = status
  const look = async () => {
    const { lst }: { lst: string } = claimsOf((await send({ url: uri })).text).status_list
    return (inflated(lst)[idx >> 3]! & (1 << (idx & 7))) !== 0
  }
  const asked = performance.now()
  let revoked = await look()
  while (!revoked && performance.now() < asked + MOMENT) revoked = await look()
  return revoked
}
