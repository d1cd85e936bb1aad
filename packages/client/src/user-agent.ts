import type { Fetch } from './connection.ts'
import { type CookieJar, cookieJar } from './cookies.ts'
import { type Button, type Form, readPage } from './html.ts'
import { UserAgentError } from './user-agent-error.ts'

export interface Visit {
  /** The browser's connection. It has no client certificate: `openConnection({ trust })`. */
  readonly fetch: Fetch
  readonly user: { readonly login: string; readonly password: string }
  /** The visit ends at the first redirect that goes there; nobody need listen. */
  readonly redirectUri: string
}

interface Step {
  readonly url: URL
  /** Of a form that is posted; without it, GET. */
  readonly body?: string
}

/** More than any login needs; less than a redirect loop. */
const MAX_STEPS = 20

/**
 * A user with a browser and no script: logs in and consents.
 *
 * It knows pages by their submit buttons: `login-submit`, in a form with the inputs `login` and
 * `password`, and `consent-submit`.
 *
 * @returns where the authorization server sent the browser: the redirect URI with its response
 * @throws UserAgentError; whatever `fetch` throws
 */
export const approve = (url: URL | string, visit: Visit): Promise<URL> =>
  follow(new URL(url), visit, 'consent-submit')

/** The same user, who logs in and then presses `abort` where consent is asked for. */
export const deny = (url: URL | string, visit: Visit): Promise<URL> =>
  follow(new URL(url), visit, 'abort')

async function follow(start: URL, visit: Visit, answer: string): Promise<URL> {
  const cookies = cookieJar()
  const pressed = new Set<string>()
  let step: Step = { url: start }
  for (let count = 0; count < MAX_STEPS; count++) {
    const response = await send(step, visit.fetch, cookies)
    const target = redirectOf(response, step)
    if (target) {
      await response.body?.cancel()
      if (`${target.origin}${target.pathname}` === visit.redirectUri) return target
      step = { url: target }
    } else {
      step = nextStep(await pageOf(response, step.url), visit.user, { answer, pressed })
    }
  }
  throw new UserAgentError(
    'TOO_MANY_STEPS',
    `no end after ${MAX_STEPS} steps at ${place(step.url)}`,
  )
}

async function send({ url, body }: Step, fetch: Fetch, cookies: CookieJar): Promise<Response> {
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
function redirectOf({ status, headers }: Response, { url, body }: Step): URL | undefined {
  const location = headers.get('location')
  if (location === null || ![301, 302, 303, 307, 308].includes(status)) return undefined
  if (body !== undefined && (status === 307 || status === 308)) {
    throw new UserAgentError('REPEATED_POST', `${place(url)} answers a form with ${status}`)
  }
  return new URL(location, url)
}

interface ShownPage {
  readonly url: URL
  readonly forms: readonly Form[]
  /** For errors: where it is, its status and its title. */
  readonly name: string
}

async function pageOf(response: Response, url: URL): Promise<ShownPage> {
  const { title, forms } = readPage(await response.text())
  return { url, forms, name: `${place(url)} (${response.status}, “${title || 'no title'}”)` }
}

interface Intent {
  /** The button that answers the question for consent. */
  readonly answer: string
  readonly pressed: Set<string>
}

function nextStep(page: ShownPage, user: Visit['user'], { answer, pressed }: Intent): Step {
  const found = findButton(page.forms, ['login-submit', answer])
  if (!found) throw new UserAgentError('UNKNOWN_PAGE', `this page is not known: ${page.name}`)
  const { form, button } = found
  // A second time means that the answer was not taken: a wrong password, as a rule.
  if (pressed.has(button.id)) {
    throw new UserAgentError('PAGE_CAME_BACK', `${button.id} led back to ${page.name}`)
  }
  pressed.add(button.id)
  return button.id === 'login-submit'
    ? submit(page, form, { button, values: { ...user } })
    : submit(page, form, { button, values: {} })
}

/** In the order of the ids: the login page, too, has an `abort`. */
function findButton(forms: readonly Form[], ids: readonly string[]) {
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
function submit(page: ShownPage, form: Form, { button, values }: Filled): Step {
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
const place = (url: URL): string => `${url.origin}${url.pathname}`
