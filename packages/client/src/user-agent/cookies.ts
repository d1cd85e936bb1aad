/**
 * The cookies of one browser session (RFC 6265), kept apart per origin: stricter than browsers, which
 * ignore the port, and enough for a server that never sets `Domain`. `HttpOnly`, `Secure` and
 * `SameSite` need nothing here: there is no script, an origin has one scheme, and every request is
 * a navigation.
 */
export interface CookieJar {
  /** Takes the Set-Cookie fields of a response to `url`. */
  store(url: URL, fields: readonly string[]): void
  /** The Cookie field for a request to `url`; empty if there is none. */
  field(url: URL): string
}

interface Cookie {
  readonly name: string
  readonly value: string
  readonly path: string
}

/** @param now milliseconds since the epoch */
export function cookieJar(now: () => number = Date.now): CookieJar {
  const origins = new Map<string, Map<string, Cookie & { readonly expires: number }>>()
  return {
    store(url, fields) {
      const cookies = origins.get(url.origin) ?? new Map()
      origins.set(url.origin, cookies)
      for (const field of fields) {
        const cookie = parse(field, url, now())
        if (cookie) cookies.set(`${cookie.path};${cookie.name}`, cookie)
      }
    },
    field(url) {
      return [...(origins.get(url.origin)?.values() ?? [])]
        .filter(({ path, expires }) => expires > now() && covers(path, url.pathname))
        .sort((a, b) => b.path.length - a.path.length) // §5.4: the most specific first
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ')
    },
  }
}

function parse(field: string, url: URL, now: number) {
  const [pair = '', ...rest] = field.split(';')
  const [name, value] = split(pair)
  if (!name) return undefined
  const attributes = new Map(rest.map(split).map(([key, text]) => [key.toLowerCase(), text]))
  const path = attributes.get('path')
  return {
    name,
    value,
    path: path?.startsWith('/') ? path : directory(url.pathname),
    expires: expiry(attributes, now),
  }
}

/** Max-Age has precedence over Expires; a cookie with neither lives as long as the session (§5.3). */
function expiry(attributes: ReadonlyMap<string, string>, now: number): number {
  const maxAge = attributes.get('max-age')
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return now + Number(maxAge) * 1000
  const expires = Date.parse(attributes.get('expires') ?? '')
  return Number.isNaN(expires) ? Infinity : expires
}

function split(text: string): readonly [name: string, value: string] {
  const at = text.indexOf('=')
  return at < 0 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

/** §5.1.4, the default path. */
const directory = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'

/** §5.1.4, path-match. */
const covers = (cookiePath: string, path: string): boolean =>
  path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
