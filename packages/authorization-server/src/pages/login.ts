import { html } from './html.ts'
import { abortForm } from './abort.ts'
import { page } from './layout.ts'

interface Login {
  /** Path of the interaction. */
  readonly path: string
  readonly client: string
  /** What was typed before, or `login_hint`. */
  readonly login: string
  readonly message?: string
  /** Nothing waits for it: there is nothing to cancel. */
  readonly isOwn?: true
}

export const loginPage = ({ path, client, login, message, isOwn }: Login): string =>
  page(
    'Sign in',
    html`<p>to continue to <strong>${client}</strong></p>
      ${message === undefined ? [] : html`<p role="alert">${message}</p>`}
      <form method="post" action="${path}/login" id="login-form">
        <label for="login">Login</label>
        <input
          id="login"
          name="login"
          value="${login}"
          autocomplete="username"
          required
          autofocus
        />
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
        />
        <button type="submit" id="login-submit">Sign in</button>
      </form>
      ${isOwn ? [] : abortForm(path)}`,
  )
