/** A store that is cut off in the middle, on each engine, seen through two authorization servers. */
import { afterEach, expect, test } from 'vitest'
import { type Engine, ENGINES, type Outage } from '../src/soaks/authorization-server/engines.ts'
import { Installation } from '../src/soaks/authorization-server/installation.ts'
import { type Answer, Requests, told } from '../src/soaks/authorization-server/requests.ts'
import { POSTGRES } from '../src/soaks/postgres-server.ts'
import { endAll, eventually, installed } from '../src/soaks/processes.ts'

const CC = { grant_type: 'client_credentials' }
const isPresent: { readonly [engine in Engine]: boolean } = {
  sqlite: true,
  postgres: POSTGRES !== undefined,
  redis: installed('redis-server'),
}
afterEach(endAll)

for (const engine of ENGINES) {
  test.runIf(!isPresent[engine])(`left out: ${engine} is not installed`, () => {
    process.stderr.write(`packages/bench: left out: ${engine} is not installed\n`)
    expect(isPresent[engine]).toBe(false)
  })

  test.runIf(isPresent[engine])(
    `${engine}: 503 at every endpoint, not ready, and back by itself`,
    { timeout: 300_000 },
    async () => {
      const installation = await Installation.start(engine, 2)
      const client = await Requests.of(await installation.material('private-key-jwt-dpop'))
      try {
        const { outages } = installation.store
        expect(outages).toHaveLength(2)
        for (const outage of outages) await endure(outage, { installation, client })
      } finally {
        await client.close()
        await installation.close()
      }
    },
  )
}

const UNAVAILABLE = '503 temporarily_unavailable, again in 5 s'
const toldWhen = (answer: Answer): string =>
  answer.retryAfter === undefined
    ? told(answer)
    : `${told(answer)}, again in ${answer.retryAfter} s`

async function endure(
  { title, isReadable = false, begin, end }: Outage,
  { installation, client }: { readonly installation: Installation; readonly client: Requests },
): Promise<void> {
  const { nodes } = installation
  const assertion = await client.assertion()
  expect(told(await client.send('/token', CC, { assertion }))).toBe('200')
  const code = client.redeem(await client.code('openid'))
  const token = String((await client.send('/token', code)).json['access_token'])
  expect(told(await client.userinfo(token))).toBe('200')
  const { url } = await client.push('openid')

  await begin()
  const asked = [
    ['/token', () => client.send('/token', CC)],
    ['/par', () => client.send('/par', CC)],
    ['/introspect', () => client.send('/introspect', { token })],
    ['/revoke', () => client.send('/revoke', { token })],
    // Where the client is known it is told (RFC 6749 §4.1.2.1).
    ['/authorize', () => client.page(url), '303 temporarily_unavailable'],
    ['/userinfo', () => client.userinfo(token), '200'],
  ] as const
  for (const [what, ask, readable = UNAVAILABLE] of asked) {
    const expected = isReadable ? readable : UNAVAILABLE
    expect(`${title}, ${what}: ${toldWhen(await ask())}`).toBe(`${title}, ${what}: ${expected}`)
  }
  for (const node of nodes) expect(await isReady(node)).toBe(isReadable)

  await end()
  await Promise.all(nodes.map((node) => node.ready()))
  await eventually('a token', async () => told(await client.send('/token', CC)) === '200')
  expect(told(await client.send('/token', CC, { assertion }))).toBe('401 invalid_client')
  expect(told(await client.userinfo(token))).toBe('200')
  expect(await client.opens(url)).toBe(true)
}

/** A node that does not answer in time is not ready either. */
const isReady = (node: Installation['nodes'][number]): Promise<boolean> =>
  node.isReady().catch(() => false)
