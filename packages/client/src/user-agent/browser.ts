/** What a browser without script does with a page: cookies, redirects, forms. */
import type { Fetch } from '../connection.ts'
import type { CookieJar } from './cookies.ts'
import { type Button, type Form, readPage } from './html.ts'
import { UserAgentError } from './user-agent-error.ts'

export interface Step {
  readonly url: URL
  /** Of a form that is posted; without it, GET. */
  readonly body?: string
}

export async function send(
  { url, body }: Step,
  fetch: Fetch,
  cookies: CookieJar,
): Promise<Response> {
  const cookie = cookies.field(url)
  const headers = {
    accept: 'text/html',
    ...(cookie !== '' && { cookie }),
    ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
  }
  const response = await fetch(url.href, {
    headers,
    ...(body === undefined ? { method: 'GET' } : { method: 'POST', body }),
  })
  cookies.store(url, response.headers.getSetCookie())
  return response
}

/** 307 and 308 would have the password posted again, wherever they point (RFC 9700 §4.12). */
export function redirectOf({ status, headers }: Response, { url, body }: Step): URL | undefined {
  const location = headers.get('location')
  if (location === null || ![301, 302, 303, 307, 308].includes(status)) return undefined
  if (body !== undefined && (status === 307 || status === 308)) {
    throw new UserAgentError('REPEATED_POST', `${place(url)} answers a form with ${status}`)
  }
  return new URL(location, url)
}

export interface ShownPage {
  readonly url: URL
  readonly status: number
  readonly forms: readonly Form[]
  /** For errors: where it is, its status and its title. */
  readonly name: string
}

export async function pageOf(response: Response, url: URL): Promise<ShownPage> {
  const { title, forms } = readPage(await response.text())
  const { status } = response
  return { url, status, forms, name: `${place(url)} (${status}, “${title || 'no title'}”)` }
}

/** In the order of the ids: the login page, too, has an `abort`. */
export function findButton(forms: readonly Form[], ids: readonly string[]) {
  const all = forms.flatMap((form) => form.buttons.map((button) => ({ form, button })))
  return ids
    .flatMap((id) => all.filter(({ button }) => button.id === id))
    .find(({ form, button }) => isComplete(form, button))
}

/** A login form without its two inputs is not the one we know. */
const isComplete = ({ fields }: Form, { id }: Button): boolean =>
  id !== 'login-submit' ||
  ['login', 'password'].every((name) => fields.some((field) => field.name === name))

interface Filled {
  readonly button: Button
  readonly values: Readonly<Record<string, string>>
}

/** HTML's form submission: the fields, then the button that was pressed, if it has a name. */
export function submit(page: ShownPage, form: Form, { button, values }: Filled): Step {
  const url = new URL(form.action, page.url)
  if (url.origin !== page.url.origin) {
    throw new UserAgentError('FOREIGN_FORM', `a form goes to ${url.origin}, from ${page.name}`)
  }
  const fields = button.name === '' ? form.fields : [...form.fields, button]
  const body = new URLSearchParams(
    fields.map(({ name, value }) => [name, values[name] ?? value] as [string, string]),
  ).toString()
  if (form.method === 'post') return { url, body }
  url.search = body
  return { url }
}

/** Without the query, which may hold a code. */
export const place = (url: URL): string => `${url.origin}${url.pathname}`
