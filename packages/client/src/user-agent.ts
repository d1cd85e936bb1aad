import type { Fetch } from './connection.ts'
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
import { cookieJar } from './cookies.ts'
import { UserAgentError } from './user-agent-error.ts'

export interface Visit {
  /** The browser's connection. It has no client certificate: `openConnection({ trust })`. */
  readonly fetch: Fetch
  readonly user: { readonly login: string; readonly password: string }
  /** The visit ends at the first redirect that goes there; nobody need listen. */
  readonly redirectUri: string
}

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

interface Intent {
  /** The button that answers the question for consent. */
  readonly answer: string
  readonly pressed: Set<string>
}

function nextStep(page: ShownPage, user: Visit['user'], { answer, pressed }: Intent): Step {
  const found = findButton(page.forms, ['login-submit', 'second-factor-submit', answer])
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
