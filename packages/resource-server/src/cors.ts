import { list, onlyKnown, PolicyError, whole, yesOrNo } from './setting.ts'
import type { Answer, Nothing, Step } from './step.ts'

/** Which browser clients may call, and what they may see (the Fetch standard, §3.3). */
export interface CorsOptions {
  /** Each by name, as browsers write it: `https://app.example`. There is no `*`. */
  readonly origins: readonly string[]
  /** Default: GET, HEAD, POST, PUT, PATCH, DELETE. */
  readonly methods?: readonly string[]
  /** Request fields that clients may send besides Authorization, DPoP and Content-Type. */
  readonly allow?: readonly string[]
  /** Answer fields that clients may read besides DPoP-Nonce and WWW-Authenticate. */
  readonly expose?: readonly string[]
  /** Seconds for which a browser may remember a preflight. Default: 600. Most: 86400. */
  readonly maxAge?: number
  /** May browsers send cookies and client certificates? Default: no. Tokens need it not. */
  readonly credentials?: boolean
}

const KNOWN = {
  allow: true,
  credentials: true,
  expose: true,
  maxAge: true,
  methods: true,
  origins: true,
} satisfies Record<keyof CorsOptions, true>
const ALLOWED = ['Authorization', 'DPoP', 'Content-Type']
const EXPOSED = ['DPoP-Nonce', 'WWW-Authenticate']
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/**
 * The step that speaks to browsers. It stands before all others, so that a preflight, which carries
 * no token, is answered here and reaches neither the checks nor a handler. A request of an origin
 * that is not listed goes on: its browser keeps the answer from it, and it is checked like any other.
 *
 * @throws PolicyError at once, if an option would open more than its name says
 */
export function crossOrigin(options: CorsOptions): Step<Nothing> {
  onlyKnown(options, KNOWN, 'cors.')
  const origins = new Set(list('cors.origins', options.origins).map(checkOrigin))
  if (origins.size === 0) throw new PolicyError('cors.origins', [], 'one or more origins')
  const methods = tokens('methods', options.methods ?? METHODS)
  const allow = tokens('allow', [...ALLOWED, ...list('cors.allow', options.allow ?? [])])
  const expose = tokens('expose', [...EXPOSED, ...list('cors.expose', options.expose ?? [])])
  const { maxAge = 600, credentials = false } = options
  whole('cors.maxAge', maxAge, [0, 86_400])
  yesOrNo('cors.credentials', credentials)

  const permission = (origin: string) => ({
    'access-control-allow-origin': origin,
    ...(credentials && { 'access-control-allow-credentials': 'true' }),
  })
  const preflight = (origin: string | undefined): Answer => ({
    status: 204,
    headers: {
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      ...(origin !== undefined && {
        ...permission(origin),
        'access-control-allow-methods': methods,
        'access-control-allow-headers': allow,
        'access-control-max-age': `${maxAge}`,
      }),
    },
  })

  return ({ method, headers }) => {
    const origin =
      headers.origin !== undefined && origins.has(headers.origin) ? headers.origin : undefined
    if (method === 'OPTIONS' && headers.origin !== undefined && isPreflight(headers))
      return { answer: preflight(origin) }
    const seen = origin !== undefined && {
      ...permission(origin),
      'access-control-expose-headers': expose,
    }
    return { state: {}, headers: { vary: 'Origin', ...seen } }
  }
}

const isPreflight = (headers: { readonly [name: string]: unknown }): boolean =>
  headers['access-control-request-method'] !== undefined

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

function checkOrigin(value: string): string {
  const url = typeof value === 'string' ? URL.parse(value) : null
  const secure =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname))
  if (!secure || url?.origin !== value || value.includes('*'))
    throw new PolicyError(
      'cors.origins',
      value,
      'https origins as browsers write them, never * or null',
    )
  return value
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

// `*` is a token as well: it would allow, or show, every field.
function tokens(key: string, values: readonly string[]): string {
  const names = list(`cors.${key}`, values, {
    fits: (value) => typeof value === 'string' && value !== '*' && TOKEN.test(value),
    allowed: 'names, never *',
  })
  if (names.length === 0) throw new PolicyError(`cors.${key}`, values, 'names, never *')
  return [...new Set(names)].join(', ')
}
