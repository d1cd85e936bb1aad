/** A user on the authorization server's own pages, to which no client has sent them. */
import {
  findButton,
  pageOf,
  redirectOf,
  send,
  type ShownPage,
  type Step,
  submit,
} from './browser.ts'
import type { Fetch } from '../connection.ts'
import { cookieJar } from './cookies.ts'
import type { Button, Form } from './html.ts'
import { UserAgentError } from './user-agent-error.ts'

interface SigningIn {
  /** The browser's connection. It has no client certificate: `openConnection({ trust })`. */
  readonly fetch: Fetch
  readonly user: { readonly login: string; readonly password: string }
}

export interface Deciding extends SigningIn {
  /** Which of the requests that wait for this user. */
  readonly bindingMessage: string
  readonly decision: 'allow' | 'deny'
}

export interface Withdrawing extends SigningIn {
  /** The client whose access ends. */
  readonly clientId: string
}

/** More than a login needs; less than a redirect loop. */
const MAX_REDIRECTS = 5

/**
 * A user on the other device (CIBA): logs in, finds the request by its binding message, decides.
 *
 * @param url the page of the authorization server on which requests wait
 * @throws UserAgentError; whatever `fetch` throws
 */
export const decide = (url: URL | string, deciding: Deciding): Promise<void> =>
  press(url, deciding, {
    field: ['binding_message', deciding.bindingMessage],
    button: ({ value }) => value === deciding.decision,
  })

/**
 * A user who withdraws what they have granted to a client.
 *
 * @param url the page of the authorization server on which the applications with access are
 * @throws UserAgentError; whatever `fetch` throws
 */
export const withdraw = (url: URL | string, withdrawing: Withdrawing): Promise<void> =>
  press(url, withdrawing, {
    field: ['client_id', withdrawing.clientId],
    button: ({ id }) => id.startsWith('withdraw-'),
  })

interface Wanted {
  /** What the form is about: one of its fields. */
  readonly field: readonly [name: string, value: string]
  readonly button: (button: Button) => boolean
}

async function press(url: URL | string, { fetch, user }: SigningIn, wanted: Wanted) {
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
  const page = await open(submit(login, form, { button, values: { ...user } }))
  const asked = page.forms.find((one) => isAbout(one, wanted.field))
  const pressed = asked?.buttons.find(wanted.button)
  if (!asked || !pressed) throw unknown(page)
  const done = await open(submit(page, asked, { button: pressed, values: {} }))
  if (done.status !== 200) throw unknown(done)
}

const isAbout = ({ fields }: Form, [name, value]: Wanted['field']): boolean =>
  fields.some((field) => field.name === name && field.value === value)

const unknown = ({ name }: ShownPage): UserAgentError =>
  new UserAgentError('UNKNOWN_PAGE', `this page is not known: ${name}`)
