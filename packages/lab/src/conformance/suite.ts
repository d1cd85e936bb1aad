/** A running conformance suite, by its REST interface (version 5.2). */
import { getCACertificates } from 'node:tls'
import { z } from 'zod'
import { Agent, fetch } from 'undici'
import { readTextFile } from '../text-file.ts'
import { reasonOf, SuiteError } from './suite-error.ts'

const module = z.object({
  testModule: z.string(),
  variant: z.record(z.string(), z.string()).optional(),
})
const created = z.object({ id: z.string(), modules: z.array(module) })
const started = z.object({ id: z.string() })
const info = z.object({ status: z.string(), result: z.string().nullish() })
const entries = z.array(
  z.looseObject({
    src: z.string().optional(),
    msg: z.string().optional(),
    result: z.string().optional(),
    requirements: z.array(z.string()).optional(),
  }),
)
const planInfo = z.looseObject({ variants: z.record(z.string(), z.unknown()).optional() })
/** Of a module in which it plays the servers: the issuer, and the API that is to be called. */
const played = z.object({
  exposed: z.object({ issuer: z.string(), accounts_endpoint: z.string() }),
})
const browser = z.looseObject({ urls: z.array(z.string()).optional() })

export type Module = z.infer<typeof module>
export type LogEntry = z.infer<typeof entries>[number]

export interface SuiteAccess {
  /** Base URL without a slash at the end. */
  readonly url: string
  /** File with the bearer token of its REST interface; a suite in development mode asks for none. */
  readonly tokenFile?: string
  /** File with the certificate that it shows, in PEM. Absent: the roots that Node knows. */
  readonly ca?: string
}

export class Suite {
  /** PEM of whom its servers are trusted by, those that it plays as well. */
  readonly trust: string
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #agent: Agent

  private constructor(url: string, token: string | undefined, ca: string | undefined) {
    this.#url = url
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    this.trust = ca ?? getCACertificates().join('\n')
    this.#agent = new Agent({ connect: { ca: this.trust } })
  }

  /** @throws UsageError for a file that cannot be read; SuiteError where nobody answers */
  static async open({ url, tokenFile, ca }: SuiteAccess): Promise<Suite> {
    const token = tokenFile === undefined ? undefined : (await readTextFile(tokenFile)).trim()
    const suite = new Suite(url, token, ca === undefined ? undefined : await readTextFile(ca))
    await suite.#ask('GET', 'runner/available', z.unknown())
    return suite
  }

  /** Parameters by which the plan comes in variants. */
  async parameters(name: string): Promise<ReadonlySet<string>> {
    const { variants = {} } = await this.#ask(
      'GET',
      `plan/info/${encodeURIComponent(name)}`,
      planInfo,
    )
    return new Set(Object.keys(variants))
  }

  createPlan(name: string, variant: object, configuration: object) {
    const query = new URLSearchParams({ planName: name, variant: JSON.stringify(variant) })
    return this.#ask('POST', `plan?${query.toString()}`, created, configuration)
  }

  async startModule(plan: string, { testModule, variant }: Module): Promise<string> {
    const query = new URLSearchParams({ test: testModule, plan })
    if (variant) query.set('variant', JSON.stringify(variant))
    return (await this.#ask('POST', `runner?${query.toString()}`, started)).id
  }

  info(id: string) {
    return this.#ask('GET', `info/${id}`, info)
  }

  log(id: string): Promise<LogEntry[]> {
    return this.#ask('GET', `log/${id}`, entries)
  }

  /** Where our client finds the servers that a module plays. It waits for them by then. */
  async playedBy(id: string): Promise<{ readonly issuer: string; readonly api: string }> {
    const { exposed } = await this.#ask('GET', `runner/${id}`, played)
    return { issuer: exposed.issuer, api: exposed.accounts_endpoint }
  }

  /** URLs that the module wants visited, and that the suite's own browser has not. */
  async waitingFor(id: string): Promise<readonly string[]> {
    return (await this.#ask('GET', `runner/browser/${id}`, browser)).urls ?? []
  }

  close(): Promise<void> {
    return this.#agent.close()
  }

  async #ask<T>(method: string, path: string, type: z.ZodType<T>, body?: object): Promise<T> {
    const url = `${this.#url}/api/${path}`
    const answer = await this.#send(method, url, body)
    const text = await answer.text()
    if (!answer.ok) throw new SuiteError(`${method} ${url} was answered ${answer.status}`)
    const read = type.safeParse(parsed(text))
    if (!read.success)
      throw new SuiteError(`${method} ${url} was answered in a form that is not understood`)
    return read.data
  }

  async #send(method: string, url: string, body?: object) {
    try {
      return await fetch(url, {
        method,
        dispatcher: this.#agent,
        headers: { ...this.#headers, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      })
    } catch (error) {
      throw new SuiteError(`no conformance suite answers at ${this.#url}: ${reasonOf(error)}`)
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
