import { randomInt } from 'node:crypto'
import { listening } from '../../load/listening.ts'
import { type Issuer, startIssuer } from '../../load/issuer.ts'
import { Client } from '../client.ts'
import { type Decide, decider, honest, received } from '../decisions.ts'
import type { Measuring } from '../in-child.ts'
import { growthOf } from '../growth.ts'
import { begun } from '../memory.ts'
import { protection } from '../protection.ts'
import { Broken, type Line } from '../soak.ts'
import { ASKED, namesAnotherKey } from './another-key.ts'
import { type Attempt, attempt, EDITS, type Honest } from './edits.ts'
import { text, word } from './garbage.ts'
import { Random } from './random.ts'
import { answersOf, bytesOf, plain, serverOf, spoilt } from './wire.ts'

/** Requests from one honest one; before the next, it is sent itself. */
const FROM_ONE = 2_000
/** Of these, so many go over sockets, in parallel. */
const OVER_SOCKETS = 40
/** Bytes by which the heap may grow, whatever was sent. */
const GROWTH = 4 * 2 ** 20
const NAMES = Object.keys(EDITS)
const LEFT_OUT = /^RFC9449-11\.3: /

export const measure: Measuring['measure'] = async (rounds, say) => {
  const issuer = await startIssuer()
  const options = protection(issuer.url, begun())
  const server = serverOf(options)
  const port = Number(new URL(await listening(server, 'http')).port)
  const seed = randomInt(2 ** 32)
  say(`seed ${seed}`)
  const soak = new Malformed({ decide: decider(options), issuer, port, random: new Random(seed) })
  for (const event of ['uncaughtException', 'unhandledRejection', 'warning'] as const)
    process.on(event, (what: unknown) => soak.broken.add(`${event}: ${String(Object(what).stack)}`))
  try {
    return soak.findings(await growthOf(soak, rounds, say))
  } finally {
    server.close()
    server.closeAllConnections()
    issuer.close()
  }
}

interface Parts {
  readonly decide: Decide
  readonly issuer: Issuer
  readonly port: number
  readonly random: Random
}

class Malformed {
  readonly broken = new Broken()
  readonly #parts: Parts
  #clients: readonly [Client, Client]
  readonly #oddTokens: Honest['oddTokens']
  readonly #statuses = { direct: new Map<number, number>(), socket: new Map<number, number>() }
  #honest = 0
  #another = 0

  constructor(parts: Parts) {
    this.#parts = parts
    this.#clients = [new Client(parts.issuer), new Client(parts.issuer)]
    const odd = () =>
      parts.issuer.jwt({ jkt: parts.random.below(2) ? text(parts.random) : word(parts.random) })
    this.#oddTokens = [odd(), ...Array.from({ length: 50 }, odd)]
  }

  get sent(): number {
    const all = [...this.#statuses.direct.values(), ...this.#statuses.socket.values()]
    return all.reduce((sum, count) => sum + count, this.#another)
  }

  async send(count: number): Promise<void> {
    for (let left = count; left > 0; left -= FROM_ONE) await this.#fromOne(Math.min(left, FROM_ONE))
  }

  findings(growth: number): { table: readonly Line[]; broken: readonly string[] } {
    if (growth > GROWTH) this.broken.add(`the heap has grown by ${growth} bytes`)
    const { direct, socket } = this.#statuses
    const statuses = [...new Set([...direct.keys(), ...socket.keys()])].sort((a, b) => a - b)
    const lines = statuses.map((status) => ({
      status: status === 0 ? 'no answer' : `${status}`,
      'decided at once': direct.get(status) ?? 0,
      'over a socket': socket.get(status) ?? 0,
    }))
    const more = (what: string, number: number) => ({
      status: what,
      'decided at once': number,
      'over a socket': '',
    })
    const another = more('503: another key', this.#another)
    const table = [
      ...lines,
      another,
      more('honest, accepted', this.#honest),
      more('heap grown by, bytes', growth),
    ]
    return { table, broken: this.broken.list }
  }

  async #fromOne(count: number): Promise<void> {
    const [client, other] = this.#clients
    const [proof, used] = [client.proof(), client.proof()]
    const given: Honest = {
      client,
      proof,
      other: { client: other, proof: other.proof() },
      oddTokens: this.#oddTokens,
    }
    await this.#accepted(client, used)
    const sockets = Math.ceil((count * OVER_SOCKETS) / FROM_ONE)
    const overSockets = Promise.all(
      Array.from({ length: sockets }, (_, index) =>
        this.#overSocket(given, index % 2 ? used : undefined),
      ),
    )
    for (let sent = sockets; sent < count; sent += 1) {
      await this.#direct(given)
      if (sent % 20 === 0) await new Promise(setImmediate) // the sockets want their turn
    }
    await overSockets
    // What is derived from it was refused for what was done to it, and for nothing else.
    await this.#accepted(client, proof)
    await this.#accepted(other, given.other.proof)
    // The next proofs are to be without a nonce again.
    this.#clients = [this.#fresh(client), this.#fresh(other)]
  }

  #fresh(client: Client): Client {
    return client.nonce === undefined ? client : new Client(this.#parts.issuer)
  }

  /**
   * A spoilt nonce makes the server give a good one, which the client must use from then on: a proof
   * without is refused for that alone, and one with it is served.
   */
  async #accepted(client: Client, proof: string): Promise<void> {
    const verdict = await this.#parts.decide(honest(client, proof))
    if (!('refused' in verdict)) {
      this.#honest += 1
      return
    }
    const { body, headers } = verdict.refused
    const nonce = headers['dpop-nonce']
    if (typeof nonce !== 'string' || !LEFT_OUT.test(body.error_description)) {
      this.broken.add(`an honest request is refused: ${body.error_description}`)
      return
    }
    client.nonce = nonce
    await this.#accepted(client, client.proof({ nonce }))
  }

  #edited(given: Honest): readonly [string, Attempt] {
    const { random } = this.#parts
    const name = NAMES[random.below(NAMES.length)] ?? ''
    const edited = EDITS[name]?.(given, random) ?? attempt('')
    const context = ['traceparent', text(random)] as const
    return [name, random.below(8) ? edited : { ...edited, fields: [...edited.fields, context] }]
  }

  async #direct(given: Honest): Promise<void> {
    const [name, sent] = this.#edited(given)
    const about = () => `${name}: ${JSON.stringify(sent).slice(0, 3_000)}`
    try {
      const verdict = await this.#parts.decide(received(sent.method, sent.target, sent.fields))
      const status = 'refused' in verdict ? verdict.refused.status : 200
      const description = 'refused' in verdict ? verdict.refused.body.error_description : ''
      if (status === 503 && namesAnotherKey(sent) && description.startsWith(ASKED)) {
        this.#another += 1
        return
      }
      this.#count('direct', status)
      if (status < 400 || status >= 500) this.broken.add(`${status} ${description} for ${about()}`)
    } catch (error) {
      this.broken.add(`${String(error)} for ${about()}`)
    }
  }

  // Either edited, or spoilt in any place: then it may mean the same, and it has been used before.
  async #overSocket(given: Honest, used: string | undefined): Promise<void> {
    const { random, port } = this.#parts
    const [name, edited] = this.#edited(given)
    const bytes =
      used === undefined
        ? bytesOf(edited)
        : spoilt(bytesOf(attempt(given.client.token, used)), random)
    const about = `${used === undefined ? name : 'bytes'}: ${bytes.toString('base64').slice(0, 3_000)}`
    try {
      const answers = await answersOf(plain(port), bytes)
      this.#count('socket', answers[0]?.status ?? 0)
      for (const { status, body } of answers)
        if (status < 400 || (status >= 500 && !body.includes(ASKED)))
          this.broken.add(`${status} over a socket for ${about}`)
    } catch (error) {
      this.broken.add(`${String(error)} over a socket for ${about}`)
    }
  }

  #count(way: 'direct' | 'socket', status: number): void {
    this.#statuses[way].set(status, (this.#statuses[way].get(status) ?? 0) + 1)
  }
}
