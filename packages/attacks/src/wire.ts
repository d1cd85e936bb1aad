/** Requests exactly as an attacker wants them: fields may stand twice, in any spelling and order. */
import { Agent, request as httpsRequest } from 'node:https'

export interface WireRequest {
  readonly method: string
  /** Where to connect, and the target if `target` does not say otherwise. */
  readonly url: string
  /** The Host field, if it is not that of `url`; the TLS handshake names the host of `url` anyway. */
  readonly host?: string
  /** The request target as it is to be sent. */
  readonly target?: string
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body?: string
  readonly certificate?: Certificate
}

export interface Certificate {
  readonly chain: string
  readonly key: string
}

export interface WireResponse {
  readonly status: number
  /** In the order received, names in lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** Milliseconds. */
const PATIENCE = 10_000

/** @param trust PEM of the certificates that the server's must lead to */
export function send(
  { method, url, host, target, fields, body, certificate }: WireRequest,
  trust: string,
): Promise<WireResponse> {
  const { hostname, port, pathname, search, host: own } = new URL(url)
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      {
        method,
        hostname,
        port,
        path: target ?? pathname + search,
        ca: trust,
        ...(certificate && { cert: certificate.chain, key: certificate.key }),
        headers: ['host', host ?? own, ...lengthOf(body), ...fields.flat()],
        agent: new Agent({ keepAlive: false, maxCachedSessions: 0 }),
        timeout: PATIENCE,
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            fields: pairs(incoming.rawHeaders),
            body: Buffer.concat(chunks).toString(),
          }),
        )
      },
    )
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer in ${PATIENCE} ms`)))
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

export const valuesOf = ({ fields }: WireResponse, name: string): readonly string[] =>
  fields.filter(([field]) => field === name).map(([, value]) => value)

/** RFC 9440 §2.1: the DER of the first certificate of a chain, as a Byte Sequence. */
export function clientCertOf({ chain }: Certificate): readonly [string, string] {
  const [, body = ''] = /-----BEGIN CERTIFICATE-----([^-]+)-----END/.exec(chain) ?? []
  return ['Client-Cert', `:${body.replaceAll(/\s/g, '')}:`]
}

const lengthOf = (body: string | undefined): readonly string[] =>
  body === undefined ? [] : ['content-length', String(Buffer.byteLength(body))]

const pairs = (raw: readonly string[]): [string, string][] =>
  Array.from({ length: raw.length / 2 }, (_, index) => [
    raw[2 * index]?.toLowerCase() ?? '',
    raw[2 * index + 1] ?? '',
  ])
