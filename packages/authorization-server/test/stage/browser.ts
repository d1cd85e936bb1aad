import type { Request, Response, Send } from './http.ts'

/** A browser as plain as it gets: cookies, redirects within the server, forms without script. */
export class Browser {
  readonly #send: Send
  readonly #origin: string
  readonly #cookies = new Map<string, string>()
  /** Where it is now. */
  url = ''

  constructor(send: Send, origin: string) {
    this.#send = send
    this.#origin = origin
  }

  open(url: string): Promise<Response> {
    return this.#go({ url })
  }

  /** Submits a form of the page, by the id of its button. */
  async press(page: Response, button: string, fields: { [name: string]: string } = {}) {
    const form = page.text
      .split('<form')
      .find((part) => part.includes(`id="${button}"`) && part.includes('</form>'))
    const [, action] = /action="([^"]+)"/.exec(form ?? '') ?? []
    if (!action) throw new Error(`no form with button ${button} in ${page.text}`)
    return this.#go({ url: new URL(action, this.#origin).href, form: fields })
  }

  /** Submits the first form of the page, whatever it is called. */
  async fill(page: Response, fields: { [name: string]: string }): Promise<Response> {
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(page.text) ?? []
    if (!action) throw new Error(`no form in ${page.text}`)
    return this.#go({ url: new URL(action, this.#origin).href, form: fields })
  }

  /** Sends something of one's own with the cookies, and follows nothing. */
  async raw(request: Request): Promise<Response> {
    return this.#send({ ...request, headers: { ...request.headers, cookie: this.#cookie() } })
  }

  #cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async #go(request: { url: string; form?: { [name: string]: string } }): Promise<Response> {
    this.url = request.url
    if (!request.url.startsWith(this.#origin)) return outside
    const headers = { cookie: this.#cookie(), accept: 'text/html' }
    const response = await this.#send({ ...request, headers })
    for (const line of response.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (name && value) this.#cookies.set(name, value)
      else if (name) this.#cookies.delete(name)
    }
    const { location } = response.headers
    return location ? this.#go({ url: new URL(location, this.#origin).href }) : response
  }
}

const outside: Response = { status: 0, headers: {}, text: '', json: {} }
