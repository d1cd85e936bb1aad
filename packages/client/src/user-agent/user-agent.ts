import type { Fetch } from '../connection.ts'
import {
  findButton,
  pageOf,
  place,
  redirectOf,
  send,
  type ShownPage,
  type Step,
  submit,
} from './browser.ts'
import { type CookieJar, cookieJar } from './cookies.ts'
import { UserAgentError } from './user-agent-error.ts'

export interface Visit {
  /** The browser's connection. It has no client certificate: `openConnection({ trust })`. */
  readonly fetch: Fetch
  readonly user: { readonly login: string; readonly password: string }
  /** The visit ends at the first redirect that goes there; nobody need listen. */
  readonly redirectUri: string
  /** Of a browser that stays logged in from one visit to the next. Absent: it is closed after this one. */
  readonly cookies?: CookieJar
}

/** Whoever logs in presses these before anything else. */
const LOGIN = ['login-submit', 'second-factor-submit']

/** More than any login needs; less than a redirect loop. */
const MAX_STEPS = 20

/**
 * A user with a browser and no script: logs in and consents.
 *
 * It knows pages by their submit buttons: `login-submit`, in a form with the inputs `login` and
 * `password`, `second-factor-submit`, and `consent-submit`.
 *
 * @returns where the authorization server sent the browser: the redirect URI with its response
 * @throws UserAgentError; whatever `fetch` throws
 */
export const approve = (url: URL | string, visit: Visit): Promise<URL> =>
  follow(new URL(url), visit, [...LOGIN, 'consent-submit'])

/** The same user, who logs in and then presses `abort` where consent is asked for. */
export const deny = (url: URL | string, visit: Visit): Promise<URL> =>
  follow(new URL(url), visit, [...LOGIN, 'abort'])

/**
 * The same user with a device that shows a code (RFC 8628 §3.3): sends the form of the code, says that
 * the device is theirs, logs in and consents. The visit ends at a page that asks for nothing.
 *
 * @param url `verification_uri_complete`, whose form has the code filled in
 * @throws UserAgentError; whatever `fetch` throws
 */
export async function approveDevice(
  url: URL | string,
  visit: Omit<Visit, 'redirectUri'>,
): Promise<void> {
  await follow(new URL(url), visit, [
    'user-code-submit',
    'device-confirm',
    ...LOGIN,
    'consent-submit',
  ])
}

/**
 * The same browser, whose user the client has sent to log out, and who confirms that.
 *
 * @param visit `redirectUri` is the client's post_logout_redirect_uri
 */
export const signOut = (url: URL | string, visit: Omit<Visit, 'user'>): Promise<URL> =>
  follow(new URL(url), visit, ['logout-submit'])

async function follow(
  start: URL,
  visit: Pick<Visit, 'fetch'> & Partial<Visit>,
  answers: readonly string[],
): Promise<URL> {
  const { cookies = cookieJar() } = visit
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
      const page = await pageOf(response, step.url)
      const isEnd = visit.redirectUri === undefined && page.status === 200
      if (isEnd && page.forms.length === 0) return page.url
      step = nextStep(page, visit.user, { answers, pressed })
    }
  }
  throw new UserAgentError(
    'TOO_MANY_STEPS',
    `no end after ${MAX_STEPS} steps at ${place(step.url)}`,
  )
}

interface Intent {
  /** The buttons to press, the first that a page has. */
  readonly answers: readonly string[]
  readonly pressed: Set<string>
}

function nextStep(
  page: ShownPage,
  user: Visit['user'] | undefined,
  { answers, pressed }: Intent,
): Step {
  const found = findButton(page.forms, answers)
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
