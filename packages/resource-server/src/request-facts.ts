import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import {
  type ClientCertificate,
  type Facts,
  normaliseUri,
  parseCredentials,
  readDpopFields,
  readNonce,
  sha256,
} from '@holdfast/sender-constraint'
import type { Protected } from './protected.ts'

/** Everything that one request presented, in the form that the rows read. */
export async function readFacts(request: IncomingMessage, server: Protected): Promise<Facts> {
  const { headers, memory, nonces, resource, tokens, now } = server
  const [path, query] = splitTarget(request.url ?? '')
  const credentials = parseCredentials(fieldsOf(request, 'authorization'), query)
  const token = credentials.form === 'token' ? await tokens(credentials.token) : undefined
  const certificate = certificateOf(request.socket)
  const time = now() // after all waiting: freshness is judged when the decision is made
  const isDpop = credentials.form === 'token' && credentials.scheme === 'DPoP'
  return {
    now: time,
    request: {
      method: request.method ?? '',
      uri: path.startsWith('/') ? normaliseUri(resource + path) : undefined,
    },
    credentials,
    ...(token && { token }),
    ...(isDpop && {
      dpop: readDpopFields(
        fieldsOf(request, 'dpop'),
        (value) => readNonce(nonces, memory.generation, time, value),
        headers,
      ),
    }),
    ...(certificate && { certificate }),
    memory: { since: memory.since },
  }
}

function splitTarget(url: string): readonly [string, string] {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}

// Not `headers`: it drops a second Authorization and joins two DPoP fields with a comma.
function fieldsOf({ rawHeaders }: IncomingMessage, name: string): readonly string[] {
  const values: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (rawHeaders[index]?.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? '')
  return values
}

const certificates = new WeakMap<Socket, ClientCertificate>()

// One connection has one certificate for its whole life; its thumbprint is computed once.
function certificateOf(socket: Socket): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const known = certificates.get(socket)
  if (known) return known
  const x509 = socket.getPeerX509Certificate()
  if (!x509) return undefined
  const certificate = {
    thumbprint: sha256(x509.raw),
    notBefore: x509.validFromDate.getTime(),
    notAfter: x509.validToDate.getTime(),
  }
  certificates.set(socket, certificate)
  return certificate
}
