import { REDIRECT_URI, USER } from '../names.ts'
import { type Answer, type Connection, field } from './connection.ts'

/** A browser on one connection, with its cookies: logs in once, and is known from then on. */
export class Browser {
  readonly #connection: Connection
  readonly #cookies = new Map<string, string>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** @returns the code. @throws Error where the server sends no code in the end */
  async authorize(path: string): Promise<string> {
    let answer = await this.#ask(path)
    for (let step = 0; step < 20; step += 1) {
      const to = field(answer, 'location')
      if (to?.startsWith(REDIRECT_URI)) {
        const code = new URL(to).searchParams.get('code')
        if (code === null) throw new Error(`an authorization response without code: ${to}`)
        return code
      }
      answer = to === undefined ? await this.#submit(answer) : await this.#ask(pathOf(to))
    }
    throw new Error(`no end at an answer ${answer.status}`)
  }

  // The first form of the page, with the user's name and password where it asks for them.
  async #submit({ status, body }: Answer): Promise<Answer> {
    const [, attributes = '', inside = ''] = /<form([^>]*)>(.*?)<\/form>/s.exec(body) ?? []
    const action = attribute(attributes, 'action')
    if (action === undefined) throw new Error(`an answer ${status} without form or redirect`)
    const inputs = [...inside.matchAll(/<input([^>]*)>/g)].map(([, text = '']) => {
      const name = attribute(text, 'name') ?? ''
      const own = name === 'login' || name === 'password' ? USER[name] : undefined
      return [name, own ?? attribute(text, 'value') ?? ''] as const
    })
    return this.#ask(pathOf(action), Object.fromEntries(inputs))
  }

  async #ask(path: string, form?: Readonly<Record<string, string>>): Promise<Answer> {
    const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ')
    const answer = await this.#connection.ask({
      path,
      ...(cookie !== '' && { fields: { cookie } }),
      ...(form && { form }),
    })
    for (const [, name = '', value = ''] of answer.head.matchAll(SET_COOKIE))
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    return answer
  }
}

const SET_COOKIE = /^set-cookie: ([^=]+)=([^;]*)/gim

const attribute = (text: string, name: string): string | undefined =>
  new RegExp(`\\s${name}="([^"]*)"`).exec(text)?.[1]?.replaceAll('&amp;', '&')

const pathOf = (url: string): string => url.replace(/^https:\/\/[^/]+/, '')
