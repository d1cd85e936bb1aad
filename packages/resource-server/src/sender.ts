import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import {
  certificateFieldIn,
  type Facts,
  type Fields,
  type Forwarding,
  valuesOf,
} from '@holdfast/sender-constraint'
import { chosenUrl } from './hop/external-url.ts'
import { forwardedCertificate } from './hop/forwarded-certificate.ts'
import { isHop } from './hop/hops.ts'
import { type Presented, presentedOn } from './presented.ts'
import type { Protected } from './protected.ts'

/** Who sent a request: what its connection says, and the fields that this kind of sender may use. */
export interface Sender {
  /** Our base URL, as the client knows it. */
  readonly base: string
  /** The client's own, never a hop's. */
  readonly presented?: Presented | undefined
  readonly named?: Facts['request']['named']
  readonly forwarding?: Forwarding
}

type Server = Pick<Protected, 'resource' | 'hops' | 'externalUrls' | 'now'>

/**
 * Hop or client is decided here, by the connection, before any field is read; so that no field can
 * have a say in it.
 */
export function senderOf(socket: Socket, fields: Fields, server: Server): Sender {
  const { resource, hops, now } = server
  const presented = presentedOn(socket)
  if (hops && isHop(socket, presented, { hops, now: now() }))
    return throughHop(fields, server, hops.format)
  const field = certificateFieldIn(fields)
  return {
    base: resource, // whatever it forwards: from a client X-Forwarded-Host is a guess of its own
    presented,
    named: names(socket, fields),
    ...(field !== undefined && { forwarding: { by: 'client', field } }),
  }
}

function throughHop(
  fields: Fields,
  { resource, externalUrls }: Server,
  format: NonNullable<Protected['hops']>['format'],
): Sender {
  const certificate = forwardedCertificate(fields, format)
  const chosen = chosenUrl(fields, externalUrls)
  const malformed = certificate && 'malformed' in certificate ? certificate : undefined
  return {
    base: chosen && 'url' in chosen ? chosen.url : resource,
    presented: certificate && 'leaf' in certificate ? certificate : undefined,
    forwarding: {
      by: 'hop',
      ...malformed,
      ...(chosen && 'foreignHost' in chosen && chosen),
    },
  }
}

// SNI is a host name without a port and without the dot at the end (RFC 6066 §3). To an IP address
// none is sent. Of a hop nothing is asked: it may know us by a name that no client does.
function names(socket: Socket, fields: Fields): Facts['request']['named'] {
  const inTls = socket instanceof TLSSocket && socket.servername
  if (!inTls) return undefined
  const hosts = [...valuesOf(fields, 'host')]
  const [authority] = valuesOf(fields, ':authority')
  // RFC 9113 §8.3.1: where there is a Host field as well, it says the same.
  if (authority !== undefined && !hosts.includes(authority)) hosts.push(authority)
  if (hosts.length === 0) return undefined
  const inHost = hosts.map((host) => host.toLowerCase().replace(/\.?(?::\d*)?$/, '')).join(', ')
  return { inTls: inTls.toLowerCase(), inHost }
}
