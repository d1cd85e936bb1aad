/** Loads one server when told to, from a core of its own, and says how fast it answered. */
import { randomBytes } from 'node:crypto'
import { DPOP_CLIENT, MTLS_CLIENT, RESOURCE, SCOPE } from '../names.ts'
import { Browser } from './browser.ts'
import { Client } from './client.ts'
import { type Answer, Connection, type Request } from './connection.ts'
import type { Kind, Loaded, LoadSettings, Order } from './order.ts'

type Exchange = () => Promise<void>

const settings: LoadSettings = JSON.parse(process.argv[2] ?? '{}')
const { issuer, mtlsOrigin, trust, jwk, certificate } = settings

const MAKING: { readonly [kind in Kind]: () => Promise<Exchange> } = {
  dpop: async () => {
    const [client, connection] = [new Client(issuer, jwk), await connect()]
    return () => honest(client, connection, () => client.clientCredentials(), 200).then(done)
  },
  mtls: async () => {
    const connection = await Connection.open(mtlsOrigin, { ca: trust, ...certificate })
    const asked = { client_id: MTLS_CLIENT, scope: SCOPE, resource: RESOURCE }
    const form = { grant_type: 'client_credentials', ...asked }
    return async () => done(expect(await connection.ask({ path: '/token', form }), 200))
  },
  code: async () => {
    const [client, connection] = [new Client(issuer, jwk), await connect()]
    const browser = new Browser(connection)
    const exchange = async () => {
      const verifier = randomBytes(32).toString('base64url')
      const pushed = await honest(client, connection, () => client.push(verifier), 201)
      const { request_uri: uri }: { request_uri?: string } = JSON.parse(pushed.body)
      const query = new URLSearchParams({ client_id: DPOP_CLIENT, request_uri: String(uri) })
      const code = await browser.authorize(`/authorize?${query.toString()}`)
      await honest(client, connection, () => client.redeem(code, verifier), 200)
    }
    await exchange() // the only one with a login
    return exchange
  },
}

const connect = () => Connection.open(issuer, { ca: trust })
const done = (_answer: Answer): void => undefined

/** Once more where a nonce is asked for (RFC 9449 §8). */
async function honest(
  client: Client,
  connection: Connection,
  make: () => Request,
  status: number,
): Promise<Answer> {
  const answer = await connection.ask(make())
  if (!client.learn(answer)) return expect(answer, status)
  const again = await connection.ask(make())
  client.learn(again)
  return expect(again, status)
}

function expect(answer: Answer, status: number): Answer {
  if (answer.status === status) return answer
  throw new Error(`an honest request is answered ${answer.status}: ${answer.body.slice(0, 200)}`)
}

async function load(exchanges: readonly Exchange[], order: Order): Promise<Loaded> {
  const took: number[] = []
  const began = performance.now()
  const end = 'seconds' in order ? began + order.seconds * 1000 : Infinity
  let left = 'times' in order ? order.times : Infinity
  const work = async (exchange: Exchange) => {
    while (performance.now() < end && left > 0) {
      left -= 1
      const before = performance.now()
      await exchange()
      took.push(performance.now() - before)
    }
  }
  await Promise.all(exchanges.map(work))
  return { took, seconds: (performance.now() - began) / 1000 }
}

const failed = (error: unknown): Loaded => ({ error: String(error) })

process.on('disconnect', () => process.exit())
const making = Array.from({ length: settings.connections }, MAKING[settings.kind])
const ready = await Promise.all(making).catch(failed)
if (!Array.isArray(ready)) process.send?.(ready)
else {
  process.on('message', (order: Order) => {
    void load(ready, order)
      .catch(failed)
      .then((loaded) => process.send?.(loaded))
  })
  process.send?.({ took: [], seconds: 0 })
}
