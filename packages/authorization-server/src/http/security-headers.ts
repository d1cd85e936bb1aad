import type { Listener } from './listeners.ts'

/**
 * No script runs, nothing is loaded, nobody frames us. `form-action` also governs where a form's
 * answer may redirect (Chromium): the way back leads to the client's redirect URI and from there
 * wherever the client goes on to, so it names what redirect URIs may be. The library adds the hash
 * of the one script that `response_mode=form_post` needs to `script-src`, if it is there.
 */
const POLICY = [
  `default-src 'none'`,
  `script-src 'none'`,
  `form-action 'self' https: http://localhost:* http://127.0.0.1:*`,
  `frame-ancestors 'none'`,
  `base-uri 'none'`,
]

export const contentSecurityPolicy = (...more: readonly string[]): string =>
  [...POLICY, ...more].join('; ')

/**
 * On every answer, whoever makes it.
 *
 * @param hsts seconds for which browsers shall keep to https; 0: nothing is said. It holds for a host
 *   on all its ports, so an issuer on localhost does not send it.
 */
export function withSecurityHeaders(hsts: number, serve: Listener): Listener {
  const headers = new Map([
    ['Content-Security-Policy', contentSecurityPolicy()],
    ['Referrer-Policy', 'no-referrer'],
    ['X-Content-Type-Options', 'nosniff'],
    ...(hsts > 0 ? [['Strict-Transport-Security', `max-age=${hsts}`] as const] : []),
  ])
  return (request, response) => {
    response.setHeaders(headers)
    serve(request, response)
  }
}
