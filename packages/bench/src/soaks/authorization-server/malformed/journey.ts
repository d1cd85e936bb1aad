import type { Answer } from '../../connection.ts'
import type { Broken } from '../../soak.ts'
import { completed } from './edits.ts'
import { type Held, HONEST } from './honest.ts'
import type { Lane } from './lane.ts'
import type { Target } from './target.ts'

/** What an honest client and an honest browser do, over and over. */
export class Journey {
  readonly #target: Target
  readonly #lane: Lane
  readonly #broken: Broken
  accepted = 0

  constructor(target: Target, lane: Lane, broken: Broken) {
    this.#target = target
    this.#lane = lane
    this.#broken = broken
  }

  /** @returns what they bring back, for others to misuse */
  async make(): Promise<Held> {
    const { client, issuer } = this.#target
    const empty = { client, issuer, token: '', requestUri: '', interaction: '', cookies: '' }
    const token = member(await this.#ask('client credentials', empty, 200), 'access_token')
    await this.#ask('by certificate', empty, 200)
    await this.#ask('introspection', { ...empty, token }, 200)
    await this.#ask('pushed and signed', empty, 201)
    const requestUri = member(await this.#ask('pushed', empty, 201), 'request_uri')
    const page = await this.#ask('authorization', { ...empty, requestUri }, 303)
    const interaction = new URL(fieldOf(page, 'location'), issuer).pathname
    const held = { ...empty, token, requestUri, interaction, cookies: cookiesOf(page) }
    await this.#ask('the login page', held, 200)
    return held
  }

  async #ask(way: keyof typeof HONEST, held: Held, expected: number): Promise<Answer> {
    const answer = await this.#lane.send(completed(HONEST[way](held), held.client))
    if (answer.status === expected) this.accepted += 1
    else this.#broken.add(`${way}, honest, is answered ${answer.status} ${answer.body}`)
    return answer
  }
}

const member = ({ body }: Answer, name: string): string => {
  const parsed: unknown = JSON.parse(body || '{}')
  return String(Object(parsed)[name])
}

const fieldOf = ({ head }: Answer, name: string): string =>
  new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1] ?? ''

const cookiesOf = ({ head }: Answer): string =>
  [...head.matchAll(/^set-cookie: ([^;\r\n]*)/gim)].map(([, cookie = '']) => cookie).join('; ')
