import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { certificateFacts, type ClientCertificate } from '@holdfast/sender-constraint'

/** A client certificate as it was presented, and what follows from it. */
export interface Presented {
  readonly leaf: X509Certificate
  /**
   * What was sent with it, as far as it is shown: Node 24 shows a server the leaf only where OpenSSL
   * has found a path, and TLS keeps the leaf only for a session that is resumed.
   */
  readonly intermediates: readonly X509Certificate[]
  readonly facts: ClientCertificate
}

export const present = (
  leaf: X509Certificate,
  intermediates: readonly X509Certificate[],
): Presented => ({
  leaf,
  intermediates,
  facts: certificateFacts(leaf),
})

const onSockets = new WeakMap<Socket, Presented>()

/** Of the connection's other end. It has one for its whole life; its thumbprint is computed once. */
export function presentedOn(socket: Socket): Presented | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const known = onSockets.get(socket)
  if (known) return known
  const leaf = socket.getPeerX509Certificate()
  if (!leaf) return undefined
  const presented = present(leaf, above(leaf))
  onSockets.set(socket, presented)
  return presented
}

/** Certificates that a client may send above its own. */
export const MOST_INTERMEDIATES = 9

function above(leaf: X509Certificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  for (let one = leaf.issuerCertificate; one; one = one.issuerCertificate) {
    if (chain.length >= MOST_INTERMEDIATES) break
    chain.push(one)
  }
  return chain
}
