import { applications } from '../vocabulary/endpoints.ts'
import { abortForm } from './abort.ts'
import type { Requested } from '../resources.ts'
import { detailInWords } from '../extensions/rich-authorization/in-words.ts'
import { html } from './html.ts'
import type { Markup } from './html.ts'
import { page } from './layout.ts'
import { signedInAs } from './sign-out.ts'

interface Consent {
  /** Path of the interaction. */
  readonly path: string
  readonly client: string
  /** In whose name, by their login. */
  readonly user: string
  readonly request: Requested
  /** What is weaker than the profile of everybody else, in the words of the table. */
  readonly relaxation: string | undefined
}

/** FAPI2SP-5.3.2.2-13: all that is needed to decide. */
export const consentPage = ({ path, client, user, request, relaxation }: Consent): string =>
  page(
    'Allow access?',
    html`<p><strong>${client}</strong> asks for:</p>
      ${relaxationNote(relaxation)} ${requestedScopes(request)} ${signedInAs(user)}
      <form method="post" action="${path}/consent">
        <button type="submit" id="consent-submit">Allow</button>
      </form>
      ${abortForm(path)}
      <p class="note">
        You can withdraw this later: see the <a href="${applications}">applications with access</a>.
      </p>`,
  )

/** What is weaker about this client than about all others. */
export const relaxationNote = (relaxation: string | undefined): Markup | readonly Markup[] =>
  relaxation === undefined
    ? []
    : html`<p role="alert" id="relaxation">This client is weaker than FAPI 2.0: ${relaxation}.</p>`

export const requestedScopes = ({ oidc, resources, details }: Requested): readonly Markup[] => [
  ...details.map(detailInWords),
  ...(oidc.length === 0 ? [] : [scopeList(html`About you`, oidc)]),
  ...resources.map(({ indicator, scopes }) =>
    scopeList(html`At <code>${indicator}</code>`, scopes),
  ),
]

/** The scopes whose meaning is not for a resource to say. */
const MEANINGS: { readonly [scope: string]: string } = {
  openid: 'who you are here',
  profile: 'your name',
  email: 'your e-mail address',
  offline_access: 'all of this while you are away',
}

const scopeList = (heading: Markup, scopes: readonly string[]) =>
  html`<p>${heading}</p>
    <ul>
      ${scopes.map((scope) => {
        const meaning = MEANINGS[scope]
        return html`<li><code>${scope}</code>${meaning === undefined ? '' : ` – ${meaning}`}</li>`
      })}
    </ul>`
