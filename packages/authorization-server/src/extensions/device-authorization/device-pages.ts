import type { Middleware } from 'koa'
import type { Configuration, errors, KoaContextWithOIDC, Provider } from 'oidc-provider'
import { endpoints } from '../../vocabulary/endpoints.ts'
import { nameOf } from '../../clients/client-metadata.ts'
import { seeOther } from '../../http/form.ts'
import { note } from '../../operations/notes.ts'
import { deviceConfirmPage, deviceDonePage, userCodePage } from './pages.ts'
import { show } from '../../pages/layout.ts'
import type { Offered } from '../../profiles/requirement.ts'
import type { Resources } from '../../resources.ts'

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>

/**
 * The pages of the device authorization grant: the library's steps, our forms. Its state is in the
 * session, and its forms carry a secret from there, so that no other page can send them.
 */
export const devicePages = (
  resources: Resources,
  relaxationOf: Offered['relaxationOf'],
): DeviceFlow => ({
  userCodeInputSource(ctx, _form, out, err) {
    if (err) noteRefusal(ctx, err)
    const message = err && (out?.error_description ?? err.message)
    show(ctx, userCodePage({ ...place(ctx), code: completedBy(ctx), message }))
  },
  userCodeConfirmSource(ctx, _form, client, _device, code) {
    const params = ctx.oidc.entities.DeviceCode?.params ?? {}
    const request = resources.requested(params, client)
    const relaxation = relaxationOf(client['profile'])
    show(
      ctx,
      deviceConfirmPage({ ...place(ctx), code, client: nameOf(client), request, relaxation }),
    )
  },
  successSource: (ctx) => show(ctx, deviceDonePage()),
})

/** Where the forms go, and what they carry so that they can only come from here. */
function place({ oidc: { session } }: KoaContextWithOIDC) {
  const { secret = '' }: { secret?: unknown } = Object(
    session && 'state' in session && session.state,
  )
  return { path: endpoints.code_verification, xsrf: String(secret) }
}

/** RFC8628-3.3.1: the code of `verification_uri_complete`, which the end-user still confirms. */
const completedBy = ({ originalUrl, method }: KoaContextWithOIDC): string =>
  method === 'GET'
    ? (URL.parse(originalUrl, 'https://localhost')?.searchParams.get('user_code') ?? '')
    : ''

/**
 * Given a code, the library answers with a form that a script submits. Without one it asks for the
 * code; the page then has it filled in. Whoever is further on and has no session any more begins anew:
 * the library would fail at keeping one.
 */
export const beforeDevicePages =
  (provider: Provider): Middleware =>
  (ctx, next) => {
    const start = endpoints.code_verification
    if (ctx.path !== start && !ctx.path.startsWith(`${start}/`)) return next()
    if (ctx.path === start && ['GET', 'HEAD'].includes(ctx.method)) ctx.querystring = ''
    else if (ctx.cookies.get(provider.cookieName('session'), { signed: true }) === undefined)
      return seeOther(ctx, start)
    return next()
  }

/** A code that is wrong, used or too late is told on a page like any other. */
function noteRefusal(ctx: KoaContextWithOIDC, err: errors.OIDCProviderError | Error): void {
  const error = err.name === 'AbortedError' ? 'access_denied' : 'invalid_request'
  if (!('error' in err)) note(ctx, { error, reason: err.message })
}
