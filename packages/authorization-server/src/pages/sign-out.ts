import { html } from './html.ts'
import type { Markup } from './html.ts'

/** Ends the session of the pages that are for end-users alone (see end-users/page-session.ts). */
export const signOutForm = (path: string): Markup =>
  html`<form method="post" action="${path}/abort">
    <button type="submit" id="sign-out" class="quiet">Sign out</button>
  </form>`
