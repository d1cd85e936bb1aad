import { applications, logout } from '../../vocabulary/endpoints.ts'
import { html } from '../../pages/html.ts'
import type { Markup } from '../../pages/html.ts'
import { page } from '../../pages/layout.ts'

/**
 * RPLOGOUT-2: the end-user is asked.
 *
 * @param secret that this page was shown: without it nothing is ended
 */
export const logoutPage = (secret: string, client: string | undefined): string =>
  page(
    'Sign out?',
    html`${
        client === undefined
          ? html`<p>You are about to sign out here.</p>`
          : html`<p><strong>${client}</strong> asks to sign you out here.</p>`
      }
      <p>
        The applications to which you signed in from here are told. What you have allowed them is
        not withdrawn by this: see the <a href="${applications}">applications with access</a>.
      </p>
      ${confirmForm(secret, 'Sign out')}
      <form method="post" action="${logout.stay}">
        <button type="submit" id="stay" class="quiet">Stay signed in</button>
      </form>`,
  )

/** Nobody is signed in; the way back to the client is all that is left to do. */
export const nobodyPage = (secret: string): string =>
  page(
    'You are not signed in',
    html`<p>There is nothing to end here.</p>
      ${confirmForm(secret, 'Continue')}`,
  )

export const loggedOutPage = (): string =>
  page('You are signed out', html`<p>You can close this page.</p>`)

export const stillSignedInPage = (): string =>
  page('You are still signed in', html`<p>Nothing was ended. You can close this page.</p>`)

const confirmForm = (secret: string, label: string): Markup =>
  html`<form method="post" action="${logout.confirm}">
    <input type="hidden" name="xsrf" value="${secret}" />
    <button type="submit" id="logout-submit" name="logout" value="yes">${label}</button>
  </form>`
