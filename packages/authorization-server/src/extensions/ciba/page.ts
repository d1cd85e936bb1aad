import { approvals as path } from '../../vocabulary/endpoints.ts'
import type { Requested } from '../../resources.ts'
import { requestedScopes } from '../../pages/consent.ts'
import { html } from '../../pages/html.ts'
import { page } from '../../pages/layout.ts'
import { signOutForm } from '../../pages/sign-out.ts'

/** What a client asked for while the end-user was elsewhere (CIBA). */
export interface Waiting {
  /** Path under which it is decided. Not the auth_req_id, which is the client's. */
  readonly path: string
  readonly client: string
  /** The same on both devices: how the end-user knows what they decide about. */
  readonly bindingMessage: string
  readonly request: Requested
}

/** Each request is a form of its own; ids count from 1, the oldest first. */
export const approvalsPage = (
  waiting: readonly Waiting[],
  { user, message }: { readonly user: string; readonly message: string | undefined },
): string =>
  page(
    'Requests for you',
    html`${message === undefined ? [] : html`<p role="status" id="message">${message}</p>`}
    ${waiting.length === 0 ? html`<p id="nothing">Nothing is waiting for you.</p>` : []}
    ${waiting.map(form)} ${signOutForm(path, user)}`,
  )

const form = ({ path: decided, client, bindingMessage, request }: Waiting, index: number) => html`
  <form method="post" action="${decided}" id="request-${String(index + 1)}" class="entry">
    <p id="asks-${String(index + 1)}">
      <strong>${client}</strong> says <q>${bindingMessage}</q> and asks for:
    </p>
    ${requestedScopes(request)}
    <input type="hidden" name="binding_message" value="${bindingMessage}" />
    <button
      type="submit"
      id="allow-${String(index + 1)}"
      name="decision"
      value="allow"
      aria-describedby="asks-${String(index + 1)}"
    >
      Allow
    </button>
    <button
      type="submit"
      id="deny-${String(index + 1)}"
      name="decision"
      value="deny"
      class="quiet"
      aria-describedby="asks-${String(index + 1)}"
    >
      Deny
    </button>
  </form>
`
