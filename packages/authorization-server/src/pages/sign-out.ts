import { html } from './html.ts'
import type { Markup } from './html.ts'

/** By their login. */
export const signedInAs = (user: string): Markup =>
  html`<p class="note" id="signed-in-as">You are signed in as <strong>${user}</strong>.</p>`

/** Ends the session of the pages that are for end-users alone (see end-users/page-session.ts). */
export const signOutForm = (path: string, user: string): Markup =>
  html`${signedInAs(user)}
    <form method="post" action="${path}/abort">
      <button type="submit" id="sign-out" class="quiet">Sign out</button>
    </form>`
