import { PATH, RESOURCE } from '../../scenario.ts'
import type { Issuer } from '../../load/issuer.ts'
import { requestText } from '../../load/request-text.ts'
import { Client } from '../client.ts'
import { Connection } from '../connection.ts'
import type { Broken } from '../soak.ts'
import { count, type Judge, type Kind, kindOf, later } from './answers.ts'
import type { Fleet } from './fleet.ts'
import { AHEAD } from './serving.ts'

/** Lanes send at the same time; each has its clients and its connections. */
const LANES = 32
const CLIENTS_PER_LANE = 2
/** Requests that were accepted and are kept, to be sent again. */
const KEPT = 400

interface Lane {
  readonly clients: readonly Client[]
  /** Sends nothing but one honest request after each loss. */
  readonly witness: Client
  /** Two to the only process, or one to each. */
  readonly connections: readonly Connection[]
  turn: number
}

/** Honest clients, whose every request somebody sends twice. */
export class Traffic {
  readonly #lanes: readonly Lane[]
  readonly #issuer: Issuer
  readonly #broken: Broken
  #accepted: string[] = []
  pairs = 0
  readonly tally: Record<Kind, number> = {
    accepted: 0,
    seen: 0,
    challenged: 0,
    unavailable: 0,
    other: 0,
  }

  private constructor(lanes: readonly Lane[], issuer: Issuer, broken: Broken) {
    this.#lanes = lanes
    this.#issuer = issuer
    this.#broken = broken
  }

  static async start({ ports }: Fleet, issuer: Issuer, broken: Broken): Promise<Traffic> {
    const doors = ports.length === 1 ? [...ports, ...ports] : ports
    const lane = async (): Promise<Lane> => ({
      clients: Array.from({ length: CLIENTS_PER_LANE }, () => new Client(issuer)),
      witness: new Client(issuer),
      connections: await Promise.all(doors.map((port) => Connection.open(port))),
      turn: 0,
    })
    return new Traffic(await Promise.all(Array.from({ length: LANES }, lane)), issuer, broken)
  }

  /** At least so many pairs. */
  async pairsOf(least: number, when: string, judge: Judge): Promise<void> {
    let left = least
    await this.#inLanes(async (lane) => {
      while (left > 0) {
        left -= 1
        await this.#pair(lane, when, judge)
      }
    })
  }

  /** Pairs for as long as something takes, and at least one in each lane. */
  async during<T>(action: () => Promise<T>, when: string, judge: Judge): Promise<T> {
    const state = { lasts: true }
    const done = action().finally(() => (state.lasts = false))
    await Promise.all([
      done,
      this.#inLanes(async (lane) => {
        do await this.#pair(lane, when, judge)
        while (state.lasts)
      }),
    ])
    return done
  }

  /** Sends what was accepted again, twice each. */
  async again(when: string, judge: Judge = later): Promise<number> {
    const texts = this.#accepted
    this.#accepted = []
    let next = 0
    await this.#inLanes(async (lane) => {
      for (let text = texts[next++]; text !== undefined; text = texts[next++])
        await this.#twice(lane, text, { when, judge, byNonce: false })
    })
    return texts.length
  }

  /**
   * Each client asks as an honest one does, and again with the nonce that it is given. Once is enough;
   * and a witness, who knows nothing yet of the loss, needs it.
   *
   * @returns how many were challenged once, and then served
   */
  async served(when: string): Promise<number> {
    let once = 0
    await this.#inLanes(async (lane) => {
      for (const client of [lane.witness, ...lane.clients]) {
        const answers = [await this.#once(lane, client)]
        if (answers[0] === 'challenged') answers.push(await this.#once(lane, client))
        once += answers.length - 1
        if (answers.at(-1) !== 'accepted' || (client === lane.witness && answers.length === 1))
          this.#broken.add(`${when}: an honest client is answered ${answers.join(', ')}`)
      }
    })
    return once
  }

  close(): void {
    for (const { connections } of this.#lanes) for (const one of connections) one.close()
  }

  async #inLanes(send: (lane: Lane) => Promise<void>): Promise<void> {
    await Promise.all(this.#lanes.map(send))
  }

  async #pair(lane: Lane, when: string, judge: Judge): Promise<void> {
    const client = lane.clients[lane.turn % lane.clients.length]
    if (!client) return
    // One in four by iat alone, and every other one of these dated ahead as far as it may be. Whoever
    // was given a nonce must use one: these are of clients that nobody has seen before.
    const style = (lane.turn >> 1) % 8
    const byNonce = style % 4 !== 0 && client.nonce !== undefined
    const sender = style % 4 === 0 ? new Client(this.#issuer) : client
    const iat = Date.now() / 1000 + (style === 4 ? AHEAD - 0.1 : 0)
    const proof = sender.proof(byNonce ? { nonce: sender.nonce } : { iat })
    await this.#twice(lane, textOf(sender, proof), { when, judge, byNonce, client: sender })
    this.pairs += 1
  }

  async #twice(lane: Lane, text: string, sending: Sending): Promise<void> {
    const { when, judge, byNonce, client } = sending
    const [one, other] = two(lane)
    const both = await Promise.all([one.ask(text), other.ask(text)])
    const answers = [kindOf(both[0]), kindOf(both[1])] as const
    for (const kind of answers) this.tally[kind] += 1
    const nonce = both[0].nonce ?? both[1].nonce
    if (client && nonce !== undefined) client.nonce = nonce
    if (client && count(answers, 'accepted') > 0) this.#keep(text)
    if (!judge({ answers, byNonce }))
      this.#broken.add(`${when}: a pair ${byNonce ? 'by nonce' : 'by iat'}: ${answers.join(', ')}`)
  }

  async #once(lane: Lane, client: Client): Promise<Kind> {
    const [connection] = two(lane)
    const nonce = client.nonce === undefined ? {} : { nonce: client.nonce }
    const answer = await connection.ask(textOf(client, client.proof(nonce)))
    client.nonce = answer.nonce ?? client.nonce
    return kindOf(answer)
  }

  // The latest: those whose time has not passed when the memory comes back.
  #keep(text: string): void {
    this.#accepted.push(text)
    if (this.#accepted.length >= 2 * KEPT) this.#accepted = this.#accepted.slice(-KEPT)
  }
}

interface Sending {
  readonly when: string
  readonly judge: Judge
  readonly byNonce: boolean
  readonly client?: Client
}

const textOf = ({ token }: Client, dpop: string): string =>
  requestText(new URL(RESOURCE + PATH).host, { authorization: `DPoP ${token}`, dpop })

// Two connections, each pair of them in its turn, in both orders.
function two(lane: Lane): readonly [Connection, Connection] {
  const { connections } = lane
  const [first, step] = [lane.turn, 1 + (lane.turn % (connections.length - 1 || 1))]
  lane.turn += 1
  const one = connections[first % connections.length]
  const other = connections[(first + step) % connections.length]
  if (!one || !other) throw new RangeError('no connections')
  return [one, other]
}
