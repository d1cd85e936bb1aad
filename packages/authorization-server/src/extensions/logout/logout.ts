import { Router } from '@koa/router'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import { endpoints, logout } from '../../vocabulary/endpoints.ts'
import { readForm, refuseForeignForm, seeOther } from '../../http/form.ts'
import { note } from '../../operations/notes.ts'
import { nameOf } from '../../clients/client-metadata.ts'
import type { PageSession } from '../../end-users/page-session.ts'
import { show } from '../../pages/layout.ts'
import { loggedOutPage, logoutPage, nobodyPage, stillSignedInPage } from './pages.ts'

interface Around {
  readonly session: PageSession
  readonly warn: (sentence: string) => void
}

/**
 * What stands around the library's logout. It asks for a secret that only our own page has; a form of
 * another page is refused like everywhere else.
 */
export function logoutAround(provider: Provider, { session, warn }: Around) {
  provider
    .on('end_session.success', (ctx) => {
      const { accountId } = ctx.oidc.session ?? {}
      if (accountId !== undefined) note(ctx, { subject: accountId })
    })
    .on('backchannel.error', (_ctx, cause, { clientId }) =>
      warn(`client ${clientId} could not be told of a logout: ${String(cause)}`),
    )

  const router = new Router()
  // A form of another site carries no session cookie (SameSite=Lax), and who is logged in would seem
  // not to be. The same request as GET does: it changes nothing, it asks.
  router.post(endpoints.end_session, async (ctx) => {
    const form = await readForm(ctx)
    seeOther(ctx, `${endpoints.end_session}?${form.toString()}`)
  })
  // The library would submit its form by script where nobody is logged in.
  router.get(endpoints.end_session, async (ctx, next) => {
    await next()
    const oidc: KoaContextWithOIDC['oidc'] | undefined = ctx['oidc']
    if (ctx.status === 200 && oidc?.session && oidc.session.accountId === undefined)
      show(ctx, nobodyPage(secretOf(oidc)))
  })
  router.post(logout.confirm, async (ctx, next) => {
    refuseForeignForm(ctx)
    await next()
    const oidc: KoaContextWithOIDC['oidc'] | undefined = ctx['oidc']
    // Who logs out here is logged out of our other pages as well.
    if (ctx.status === 303 && oidc?.params?.['logout'] !== undefined) await session.end(ctx)
  })
  router.post(logout.stay, (ctx) => {
    refuseForeignForm(ctx)
    show(ctx, stillSignedInPage())
  })
  return router.routes()
}

export function showLogout(ctx: KoaContextWithOIDC): void {
  const { client } = ctx.oidc
  show(ctx, logoutPage(secretOf(ctx.oidc), client && nameOf(client)))
}

export const showLoggedOut = (ctx: KoaContextWithOIDC): void => show(ctx, loggedOutPage())

const secretOf = ({ session }: KoaContextWithOIDC['oidc']): string =>
  String(session?.state?.['secret'])
