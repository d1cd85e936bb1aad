/** The authorization server on the stores of many nodes: races, kills, and a store that is cut off. */
import { expect, test } from 'vitest'
import { Installation } from '../src/soaks/authorization-server/installation.ts'
import { Requests, told } from '../src/soaks/authorization-server/requests.ts'
import { POSTGRES } from '../src/soaks/postgres-server.ts'
import { endAll, installed } from '../src/soaks/processes.ts'
import { soakOn } from './soak-on.ts'

const CC = { grant_type: 'client_credentials' }
const ENGINES = [
  ['postgres', POSTGRES !== undefined],
  ['redis', installed('redis-server')],
] as const

for (const [engine, isPresent] of ENGINES) {
  test.runIf(!isPresent)(`left out: ${engine} is not installed`, () => {
    process.stderr.write(`packages/bench: left out: ${engine} is not installed\n`)
    expect(isPresent).toBe(false)
  })

  test.runIf(isPresent)(
    `${engine}: 503 at every endpoint, not ready, and back by itself`,
    { timeout: 120_000 },
    async () => {
      const installation = await Installation.start(engine, 2)
      try {
        await expect(cutOff(installation)).resolves.toBeUndefined()
      } finally {
        await installation.close()
        endAll()
      }
    },
  )

  test.runIf(isPresent)(
    `kill -9 of ${engine}, and of its servers, loses nothing acknowledged`,
    { timeout: 300_000 },
    async () => {
      const { code, told: said } = await soakOn('as-durability', { engine, rounds: 4 })
      expect(said).toContain('as-durability: kept')
      expect(code).toBe(0)
    },
  )

  test.runIf(isPresent)(
    `two nodes on ${engine} keep single use`,
    { timeout: 300_000 },
    async () => {
      const { code, told: said } = await soakOn('as-races', { engine, rounds: 5 })
      expect(said).toContain('as-races: kept')
      expect(code).toBe(0)
    },
  )
}

test.runIf(installed('redis-server'))(
  'failover of Redis to its replica, and kill -9 of its servers, lose nothing acknowledged',
  { timeout: 300_000 },
  async () => {
    const { code, told: said } = await soakOn('as-failover', { rounds: 4 })
    expect(said).toContain('as-failover: kept')
    expect(code).toBe(0)
  },
)

async function cutOff(installation: Installation): Promise<void> {
  const { store, nodes } = installation
  const client = await Requests.of(await installation.material('private-key-jwt-dpop'))
  const assertion = await client.assertion()
  expect(told(await client.send('/token', CC, { assertion }))).toBe('200')
  await store.kill()
  for (const path of ['/token', '/par', '/introspect', '/revoke'])
    expect(`${path} ${told(await client.send(path, CC))}`).toBe(
      `${path} 503 temporarily_unavailable`,
    )
  for (const node of nodes) expect(await node.isReady()).toBe(false)
  await store.start()
  await Promise.all(nodes.map((node) => node.ready()))
  expect(told(await client.send('/token', CC))).toBe('200')
  expect(told(await client.send('/token', CC, { assertion }))).toBe('401 invalid_client')
  await client.close()
}
