import type { Answer } from '../../connection.ts'

/** What shows how we look from inside. */
const INSIDE =
  /node_modules|\.[tj]s:\d|\bat (async )?[\w.<>]+ \(|file:\/\/|\/packages\/|holdfast-soak|SQLITE|ERR_[A-Z]/

/** @returns what no answer may be, whatever was sent */
export function faultOf({ status, head, body }: Omit<Answer, 'nonce'>): string | undefined {
  if (status >= 500) return `${status} ${body}`
  if (INSIDE.test(body)) return `the inside shows: ${body.slice(0, 500)}`
  // What Node refuses by itself never reaches us, and has no body (or one of no chunks).
  if (!['', '0\r\n\r\n'].includes(body) && !/^x-content-type-options: nosniff/im.test(head))
    return `no headers: ${head}`
  return undefined
}
