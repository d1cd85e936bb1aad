import {
  findButton,
  pageOf,
  redirectOf,
  send,
  type ShownPage,
  type Step,
  submit,
} from './browser.ts'
import type { Fetch } from './connection.ts'
import { cookieJar } from './cookies.ts'
import { UserAgentError } from './user-agent-error.ts'

export interface Deciding {
  /** The browser's connection. It has no client certificate: `openConnection({ trust })`. */
  readonly fetch: Fetch
  readonly user: { readonly login: string; readonly password: string }
  /** Which of the requests that wait for this user. */
  readonly bindingMessage: string
  readonly decision: 'allow' | 'deny'
}

/** More than a login needs; less than a redirect loop. */
const MAX_REDIRECTS = 5

/**
 * A user on the other device (CIBA): logs in, finds the request by its binding message, decides.
 *
 * @param url the page of the authorization server on which requests wait
 * @throws UserAgentError; whatever `fetch` throws
 */
export async function decide(url: URL | string, deciding: Deciding): Promise<void> {
  const { fetch, user, bindingMessage, decision } = deciding
  const cookies = cookieJar()
  const open = async (first: Step): Promise<ShownPage> => {
    let step = first
    for (let count = 0; count <= MAX_REDIRECTS; count++) {
      const response = await send(step, fetch, cookies)
      const target = redirectOf(response, step)
      if (!target) return pageOf(response, step.url)
      await response.body?.cancel()
      step = { url: target }
    }
    throw new UserAgentError('TOO_MANY_STEPS', `no end after ${MAX_REDIRECTS} redirects`)
  }

  const login = await open({ url: new URL(url) })
  const found = findButton(login.forms, ['login-submit'])
  if (!found) throw unknown(login)
  const { form, button } = found
  const waiting = await open(submit(login, form, { button, values: { ...user } }))
  const asked = waiting.forms.find(({ fields }) =>
    fields.some(({ name, value }) => name === 'binding_message' && value === bindingMessage),
  )
  const pressed = asked?.buttons.find(({ value }) => value === decision)
  if (!asked || !pressed) throw unknown(waiting)
  const done = await open(submit(waiting, asked, { button: pressed, values: {} }))
  if (done.status !== 200) throw unknown(done)
}

const unknown = ({ name }: ShownPage): UserAgentError =>
  new UserAgentError('UNKNOWN_PAGE', `this page is not known: ${name}`)
