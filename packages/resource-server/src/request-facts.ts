import type { IncomingMessage } from 'node:http'
import {
  type ClientCertificate,
  type DpopFields,
  type Facts,
  hasForeignNonce,
  isNewGeneration,
  normaliseUri,
  parseCredentials,
  readDpopFields,
  readFields,
  readNonce,
  valuesOf,
} from '@holdfast/sender-constraint'
import type { Presented } from './presented.ts'
import type { Protected } from './protected.ts'
import { senderOf } from './sender.ts'
import { whenKnown } from './when-known.ts'

/** Everything that one request presented, in the form that the rows read. */
export function readFacts(request: IncomingMessage, server: Protected): Facts | Promise<Facts> {
  const { memory, tokens, now, accepted } = server
  const [path, query] = splitTarget(request.url ?? '')
  const fields = readFields(request.rawHeaders)
  const { base, named, forwarding, presented } = senderOf(request.socket, fields, server)
  const credentials = parseCredentials(
    valuesOf(fields, 'authorization'),
    query,
    accepted.credentials,
  )
  const isToken = credentials.form === 'token'
  const reading = isToken ? tokens(credentials.token) : undefined
  const proofs = isToken && credentials.scheme === 'DPoP' ? valuesOf(fields, 'dpop') : undefined
  return whenKnown(reading, (token) =>
    whenKnown(proofs && readProofs(proofs, server), (dpop) => {
      const time = now() // after all waiting: freshness is judged when the decision is made
      return {
        now: time,
        request: {
          method: request.method ?? '',
          uri: path.startsWith('/') ? normaliseUri(base + path) : undefined,
          named,
        },
        forwarding,
        credentials,
        token,
        dpop,
        certificate: presented && withTrust(presented, { token, time }, server),
        memory: { since: memory.since, generation: memory.generation },
      }
    }),
  )
}

function readProofs(
  fields: readonly string[],
  server: Protected,
): DpopFields | Promise<DpopFields> {
  const { accepted, memory, nonces, now } = server
  const read = () =>
    readDpopFields(
      fields,
      (value) => readNonce(nonces, memory.generation, now(), value),
      accepted.headers,
    )
  const dpop = read()
  if (!hasForeignNonce(dpop)) return dpop
  return isNewGeneration(memory).then((changed) => (changed ? read() : dpop))
}

function splitTarget(url: string): readonly [string, string] {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}

// Nobody is asked about a certificate that proves nothing here.
function withTrust(
  { leaf, intermediates, facts }: Presented,
  { token, time }: { readonly token: Facts['token']; readonly time: number },
  { certificateStatus }: Protected,
): ClientCertificate {
  const bound = token && 'confirmation' in token && token.confirmation.x5t !== undefined
  if (!certificateStatus || !bound) return facts
  return { ...facts, trust: certificateStatus(leaf, intermediates, 'client', time) }
}
