/** One of anything that is used once succeeds, however many use it at once, on several nodes. */
import { Broken, type Findings, type Line, type Say, type Soak } from '../soak.ts'
import { type Engine, ENGINES } from './engines.ts'
import { Installation } from './installation.ts'
import { type Answer, type Presented, Requests, told } from './requests.ts'

const NODES = 2
const PARALLEL = 20

export const races: Soak = {
  name: 'as-races',
  shows:
    'Of one code, assertion or proof sent 20 times in parallel to two authorization servers on one store, and of one pushed request completed by two browsers, exactly one succeeds; of a refresh token all, and none after its revocation.',
  counts: 'how often each is raced',
  rounds: 1_000,
  engines: ENGINES,
  run: (rounds, say, engine) => run(rounds, say, engine),
}

interface Stage {
  readonly client: Requests
  /** Asks what a token is. */
  readonly api: Requests
  readonly opaque: string
}

type Race = (stage: Stage) => Promise<readonly string[]>

async function run(rounds: number, say: Say, engine: Engine): Promise<Findings> {
  const installation = await Installation.start(engine, NODES)
  const broken = new Broken()
  const stage: Stage = {
    client: await Requests.of(await installation.material('private-key-jwt-dpop')),
    api: await Requests.of(await installation.material('resource-server')),
    opaque: `${installation.resource}/opaque`,
  }
  const table: Line[] = []
  try {
    for (const [title, race] of Object.entries(RACES)) {
      const began = performance.now()
      const outcomes = new Map<string, number>()
      for (let round = 0; round < rounds; round += 1)
        for (const outcome of await race(stage))
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      const wrong = [...outcomes].filter(([outcome]) => outcome !== 'kept')
      for (const [outcome, times] of wrong) broken.add(`${title}: ${outcome} (${times} times)`)
      const seconds = Math.round((performance.now() - began) / 1000)
      const kept = outcomes.get('kept') ?? 0
      table.push({ race: title, on: engine, rounds, kept, broken: rounds - kept, seconds })
      say(`${title}: ${kept} of ${rounds} kept`)
    }
    for (const [index, served] of installation.balancer.served.entries())
      if (served === 0) broken.add(`node ${index + 1} took no part`)
  } finally {
    await Promise.all([stage.client.close(), stage.api.close()])
    await installation.close()
  }
  return { table, broken: broken.list }
}

const RACES: Readonly<Record<string, Race>> = {
  code: async ({ client, api, opaque }) => {
    const form = client.redeem(await client.code('openid accounts offline_access', opaque))
    const answers = await parallel(() => client.once('/token', { ...form, resource: opaque }))
    const one = exactlyOne(answers, '400 invalid_grant')
    const winner = answers.find(({ status }) => status === 200)
    if (one !== undefined || !winner) return [one ?? 'no success']
    const again = await client.send('/token', refresh(winner))
    const { json } = await api.send('/introspect', { token: text(winner, 'access_token') })
    if (told(again) !== '400 invalid_grant') return [`its refresh token is answered ${told(again)}`]
    return json['active'] === false ? ['kept'] : ['its access token is active']
  },

  assertion: async ({ client }) => {
    const assertion = await client.assertion()
    return judged(await together(client, { assertion }), '401 invalid_client')
  },

  proof: async ({ client }) => {
    const proof = await client.proof('/token')
    return judged(await together(client, { proof }), '400 invalid_dpop_proof')
  },

  'pushed request': async ({ client, opaque }) => {
    const { url } = await client.push('openid accounts', opaque)
    const codes = await Promise.allSettled([client.complete(url), client.complete(url)])
    const got = codes.filter((one) => one.status === 'fulfilled' && one.value !== undefined)
    return [got.length === 1 ? 'kept' : `${got.length} codes`]
  },

  'refresh token': async ({ client, opaque }) => {
    const form = client.redeem(await client.code('openid accounts offline_access', opaque))
    const tokens = await client.send('/token', { ...form, resource: opaque })
    const before = await parallel(() => client.once('/token', refresh(tokens)))
    const refused = before.filter(({ status }) => status !== 200)
    if (refused.length > 0) return [`${refused.length} refused: ${told(refused[0]!)}`]
    const revoked = await client.send('/revoke', { token: text(tokens, 'refresh_token') })
    if (revoked.status !== 200) return [`the revocation is answered ${told(revoked)}`]
    const after = await parallel(() => client.once('/token', refresh(tokens)))
    const other = after.find((answer) => told(answer) !== '400 invalid_grant')
    return [other ? `after the revocation: ${told(other)}` : 'kept']
  },
}

const parallel = <T>(ask: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: PARALLEL }, ask))

const together = async (client: Requests, presented: Presented): Promise<Answer[]> =>
  parallel(() => client.once('/token', { grant_type: 'client_credentials' }, presented))

const judged = (answers: readonly Answer[], otherwise: string): readonly string[] => [
  exactlyOne(answers, otherwise) ?? 'kept',
]

/** @returns what is wrong */
export function exactlyOne(answers: readonly Answer[], otherwise: string): string | undefined {
  const won = answers.filter(({ status }) => status === 200).length
  if (won !== 1) return `${won} succeeded`
  const other = answers.find((answer) => answer.status !== 200 && told(answer) !== otherwise)
  return other && `refused with ${told(other)}`
}

const refresh = (tokens: Answer) => ({
  grant_type: 'refresh_token',
  refresh_token: text(tokens, 'refresh_token'),
})

const text = ({ json }: Answer, member: string): string => String(json[member])
