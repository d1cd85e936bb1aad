/**
 * Normalises a URI for comparison as RFC 9449 §4.3 asks: RFC 3986 §6.2.2 (case, percent-encoding,
 * dot segments) and §6.2.3 (default port, empty path), without query and fragment. Not `new URL()`:
 * that also strips tabs, turns `\` into `/`, rewrites hosts and keeps `%61`.
 *
 * `undefined` for anything that is not an absolute http or https URI, or that carries userinfo.
 */
export function normaliseUri(text: string): string | undefined {
  const [, scheme = '', authority = '', path = ''] = ABSOLUTE.exec(text) ?? []
  const [, host = '', port = ''] = AUTHORITY.exec(authority) ?? []
  if (!scheme || !host) return undefined
  const normalScheme = scheme.toLowerCase()
  const normalHost = normalisePercent(host.toLowerCase()).toLowerCase()
  const normalPort = port === '' || port === DEFAULT_PORT[normalScheme] ? '' : `:${port}`
  return `${normalScheme}://${normalHost}${normalPort}${removeDotSegments(normalisePercent(path)) || '/'}`
}

const PCHAR = String.raw`[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2}`
const ABSOLUTE = new RegExp(
  String.raw`^(https?)://([^/?#]+)((?:/(?:${PCHAR})*)*)(?:\?(?:${PCHAR}|[/?])*)?(?:#(?:${PCHAR}|[/?])*)?$`,
  'i',
)
const AUTHORITY =
  /^(\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)(?::(\d*))?$/
const DEFAULT_PORT: Readonly<Record<string, string>> = { http: '80', https: '443' }
const UNRESERVED = /[A-Za-z0-9\-._~]/

// §6.2.2.2: an encoded unreserved character is decoded; every other triplet gets upper-case digits.
function normalisePercent(text: string): string {
  if (!text.includes('%')) return text
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (triplet, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16))
    return UNRESERVED.test(character) ? character : triplet.toUpperCase()
  })
}

// §5.2.4. The path is empty or begins with a slash.
function removeDotSegments(path: string): string {
  if (!path.includes('/.')) return path
  const output: string[] = []
  const segments = path.split('/').slice(1)
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1
    if (segment === '..') output.pop()
    else if (segment !== '.') output.push(segment)
    if (last && (segment === '.' || segment === '..')) output.push('')
  }
  return `/${output.join('/')}`
}
