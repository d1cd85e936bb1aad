import { abortForm } from './abort.ts'
import { html } from './html.ts'
import { page } from './layout.ts'

/** What a client asks for: scopes of OpenID Connect, and scopes per resource. */
export interface Request {
  readonly oidc: readonly string[]
  readonly resources: readonly { readonly indicator: string; readonly scopes: readonly string[] }[]
}

interface Consent {
  /** Path of the interaction. */
  readonly path: string
  readonly client: string
  readonly request: Request
  /** What is weaker than the profile of everybody else, in the words of the table. */
  readonly relaxation: string | undefined
}

/** FAPI2SP-5.3.2.2-13: all that is needed to decide. */
export const consentPage = ({ path, client, request, relaxation }: Consent): string =>
  page(
    'Allow access?',
    html`<p><strong>${client}</strong> asks for:</p>
      ${
        relaxation === undefined
          ? []
          : html`<p role="alert" id="relaxation">
              This client is weaker than FAPI 2.0: ${relaxation}.
            </p>`
      }
      ${request.oidc.length === 0 ? [] : scopeList('about you', request.oidc)}
      ${request.resources.map(({ indicator, scopes }) => scopeList(indicator, scopes))}
      <form method="post" action="${path}/consent">
        <button type="submit" id="consent-submit">Allow</button>
      </form>
      ${abortForm(path)}`,
  )

const scopeList = (heading: string, scopes: readonly string[]) =>
  html`<p><code>${heading}</code></p>
    <ul>
      ${scopes.map((scope) => html`<li><code>${scope}</code></li>`)}
    </ul>`
