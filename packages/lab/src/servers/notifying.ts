/** How the lab's authorization server reaches clients that it notifies. */
import { getCACertificates } from 'node:tls'
import type { AuthorizationServerOptions } from '@holdfast/authorization-server'
import { Agent, fetch } from 'undici'

type Notify = NonNullable<AuthorizationServerOptions['fetch']>

/**
 * Clients have certificates of the lab or of anybody whom this machine trusts.
 *
 * @param trust the lab's authority, PEM
 */
export function notifyingWith(trust: string): Notify {
  const dispatcher = new Agent({ connect: { ca: [...getCACertificates('default'), trust] } })
  return (url, { method = 'GET', headers, body, signal }) =>
    fetch(url, {
      method,
      headers: [...new Headers(headers)],
      body: body instanceof URLSearchParams || typeof body === 'string' ? body.toString() : null,
      redirect: 'manual',
      dispatcher,
      ...(signal && { signal }),
    })
}
