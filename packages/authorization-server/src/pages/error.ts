import type { Context } from 'koa'
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider'
import { isForPeople } from '../vocabulary/endpoints.ts'
import { html } from './html.ts'
import { page, show } from './layout.ts'

export const errorPage = ({ error, error_description: description = '' }: ErrorOut): string =>
  page(
    'This did not work',
    html`<p role="alert" id="error-description">${description}</p>
      <p>
        <code id="error">${error}</code>
      </p>
      <p>Nothing was granted. Please go back to the application and start again.</p>`,
  )

export const showError = (ctx: Context, out: ErrorOut): void => show(ctx, errorPage(out))

/** The library's hook. It asks for a page wherever a request prefers HTML; programs get JSON. */
export function renderError(ctx: KoaContextWithOIDC, out: ErrorOut): void {
  if (isForPeople(ctx.path)) showError(ctx, out)
  else ctx.body = out
}
