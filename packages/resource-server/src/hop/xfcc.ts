/**
 * Envoy's `X-Forwarded-Client-Cert`, with `forward_client_cert_details` `SANITIZE_SET` or
 * `APPEND_FORWARD` and `set_current_client_cert_details` `cert: true` (`chain: true` for the rest).
 *
 * Only the last element counts. Under `APPEND_FORWARD` each Envoy appends an element about the peer
 * of its own handshake, so that the last one is our hop's word about who connected to it; those before
 * came with the request, and are whatever the client wrote there.
 */
import { fromEscapedPem, type Parsed } from './certificates.ts'
import { type Element, elementsOf, valuesIn } from './elements.ts'

export function fromXfcc(field: string): Parsed {
  const elements = elementsOf(field)
  const element = elements?.at(-1)
  if (!elements || !element || smuggles(elements))
    return { malformed: 'X-Forwarded-Client-Cert cannot be parsed, or goes on after URI or DNS' }
  const [leaf, ...others] = onlyPem(element, 'cert') ?? []
  if (!leaf || others.length > 0)
    return {
      malformed: 'X-Forwarded-Client-Cert: no Cert with one certificate in the last element',
    }
  if (valuesIn(element, 'chain').length === 0) return { leaf, intermediates: [] }
  // Envoy's chain begins with the leaf.
  const [first, ...intermediates] = onlyPem(element, 'chain') ?? []
  return first?.raw.equals(leaf.raw)
    ? { leaf, intermediates }
    : { malformed: 'X-Forwarded-Client-Cert: Chain does not begin with Cert' }
}

function onlyPem(element: Element, name: string): ReturnType<typeof fromEscapedPem> {
  const [value, ...more] = valuesIn(element, name)
  return value === undefined || more.length > 0 ? undefined : fromEscapedPem(value)
}

// Envoy writes URI and DNS last, out of the client's certificate and without quotes: a name such as
// `x,Cert="…"` would be an element of the client's making. After them nothing else may come.
const NAMES: ReadonlySet<string> = new Set(['uri', 'dns'])

function smuggles(elements: readonly Element[]): boolean {
  const names = elements.flat().map(([name]) => name)
  const first = names.findIndex((name) => NAMES.has(name))
  return first >= 0 && names.slice(first).some((name) => !NAMES.has(name))
}
