import type { Requested } from '../resources.ts'
import { applications as path } from '../vocabulary/endpoints.ts'
import { requestedScopes } from './consent.ts'
import { html } from './html.ts'
import { page } from './layout.ts'
import { signOutForm } from './sign-out.ts'

/** What one client may do in the name of the end-user. */
export interface Application {
  /** Its client_id. */
  readonly id: string
  readonly client: string
  /** Seconds since the epoch: the first grant that still holds. */
  readonly since: number
  readonly request: Requested
}

/** Each application is a form of its own; ids count from 1, the newest first. */
export const applicationsPage = (
  all: readonly Application[],
  { user, message }: { readonly user: string; readonly message: string | undefined },
): string =>
  page(
    'Applications with access',
    html`${message === undefined ? [] : html`<p role="status" id="message">${message}</p>`}
    ${
      all.length === 0
        ? html`<p id="nothing">No application has access to anything of yours.</p>`
        : html`<p>
            You have allowed these to act in your name. What you withdraw ends at once, also where
            it is in use.
          </p>`
    }
    ${all.map(form)} ${signOutForm(path, user)}`,
  )

const form = ({ id, client, since, request }: Application, index: number) => html`
  <form method="post" action="${path}/withdrawal" class="entry">
    <h2 id="application-${String(index + 1)}">${client}</h2>
    <p class="note">since <time datetime="${instant(since)}">${readable(since)}</time></p>
    ${requestedScopes(request)}
    <input type="hidden" name="client_id" value="${id}" />
    <button
      type="submit"
      id="withdraw-${String(index + 1)}"
      aria-describedby="application-${String(index + 1)}"
    >
      Withdraw access
    </button>
  </form>
`

const instant = (at: number): string => new Date(at * 1_000).toISOString()

const FORMAT = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
})

const readable = (at: number): string => `${FORMAT.format(at * 1_000)} UTC`
