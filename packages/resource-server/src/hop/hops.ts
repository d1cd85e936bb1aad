import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { aFunction, oneOf } from '../setting.ts'
import type { Presented } from '../presented.ts'

/** Reverse proxies that end the client's TLS in front of us, and are trusted to say who it was. */
export interface Hops {
  /**
   * Is this the certificate of one of them? Asked at every request of a connection whose certificate
   * the server's own `ca` vouches for (`socket.authorized`) and is within its time, so that comparing
   * its name is enough; never of an address, which whoever is near enough can have.
   */
  readonly isHop: (certificate: X509Certificate, socket: TLSSocket) => boolean
  /**
   * Whether a certificate leads to an authority that is trusted to name hops; asked in place of
   * `socket.authorized`. For a server without `ca`: one with it names its authorities in the
   * handshake, and clients in Go or Java then show no certificate that is self-signed.
   */
  readonly vouched?: (certificate: X509Certificate) => boolean
  /**
   * Where they put the client's certificate, and where nobody else can, because they remove what
   * came with the request: `client-cert` is `Client-Cert` and `Client-Cert-Chain` (RFC 9440), `xfcc`
   * Envoy's `X-Forwarded-Client-Cert`, `nginx` `X-SSL-Client-Cert` with `$ssl_client_escaped_cert`.
   */
  readonly format: HopFormat
}

export type HopFormat = (typeof FORMATS)[number]

const FORMATS = ['client-cert', 'xfcc', 'nginx'] as const

/** @throws PolicyError */
export function checkHops(hops: Hops | undefined): Hops | undefined {
  if (hops === undefined) return undefined
  const { format, isHop: decides, vouched }: Hops = Object(hops)
  oneOf('hops.format', format, FORMATS)
  aFunction('hops.isHop', decides)
  if (vouched !== undefined) aFunction('hops.vouched', vouched)
  return hops
}

/**
 * Hop or client? Decided by the connection alone.
 *
 * @param now milliseconds since the epoch
 */
export function isHop(
  socket: Socket,
  presented: Presented | undefined,
  { hops, now }: { readonly hops: Hops | undefined; readonly now: number },
): boolean {
  // `authorized` without a certificate means nothing: a session resumed without one has it as well.
  if (!hops || !presented || !(socket instanceof TLSSocket)) return false
  const vouched: unknown = hops.vouched ? hops.vouched(presented.leaf) : socket.authorized
  if (vouched !== true) return false
  const { notBefore, notAfter } = presented.facts
  if (!(notBefore <= now && now <= notAfter)) return false // not a number: it cannot be read
  const answer: unknown = hops.isHop(presented.leaf, socket)
  return answer === true // and no promise: whatever an async function decides is truthy
}
