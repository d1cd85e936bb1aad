/** Three authorization servers on one store behind a balancer are one, also while one is away. */
import {
  approve,
  type ClientMaterial,
  connect,
  type Fetch,
  openConnection,
  type Tokens,
} from '@holdfast/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Installation } from '../src/soaks/authorization-server/installation.ts'
import { endAll } from '../src/soaks/processes.ts'

let installation: Installation
beforeAll(async () => {
  installation = await Installation.start('sqlite', 3)
}, 120_000)
afterAll(async () => {
  await installation.close()
  endAll()
})

/** Every request on a connection of its own, hence on the next node. */
const anew =
  (material: Pick<ClientMaterial, 'trust' | 'certificate'>): Fetch =>
  async (url, request) => {
    const connection = openConnection(material)
    const answer = await connection.fetch(url, request)
    const body = await answer.arrayBuffer()
    await connection.close()
    const { status, headers } = answer
    return new Response(body.byteLength > 0 ? body : null, { status, headers })
  }

async function flow(id: string): Promise<{ first: Tokens; refreshed: Tokens }> {
  const material = await installation.material(id)
  const client = await connect(material, { fetch: () => anew(material) })
  const { resource } = installation
  const parameters = { prompt: 'consent' }
  const scope = 'openid accounts offline_access'
  const authorization = await client.authorize({ scope, resource, parameters })
  const back = await approve(authorization.url, {
    fetch: anew({ trust: material.trust }),
    user: { login: 'alice', password: 'doe' },
    redirectUri: material.redirectUri,
  })
  const first = await authorization.callback(back)
  const refreshed = await client.refresh(first, { resource })
  await client.close()
  return { first, refreshed }
}

test.for(['private-key-jwt-dpop', 'tls-client-auth-mtls'])(
  'whole flows of %s, no two requests in a row on the same node',
  { timeout: 60_000 },
  async (id) => {
    const before = [...installation.balancer.served]
    const { first, refreshed } = await flow(id)
    expect(first.access_token).not.toBe(refreshed.access_token)
    const took = installation.balancer.served.map((served, node) => served - before[node]!)
    for (const requests of took) expect(requests).toBeGreaterThanOrEqual(3)
    expect(Math.max(...took) - Math.min(...took)).toBeLessThanOrEqual(1)
  },
)

test(
  'flows succeed while a node is dead, and when it is there again',
  { timeout: 90_000 },
  async () => {
    const [, node] = installation.nodes
    const served = () => installation.balancer.served[1]!
    await node!.kill()
    const before = served()
    await expect(flow('private-key-jwt-dpop')).resolves.toBeDefined()
    expect(served()).toBe(before)
    const [during] = await Promise.all([flow('tls-client-auth-mtls'), node!.start()])
    expect(during.first.token_type).toBe('bearer')
    await expect(flow('private-key-jwt-dpop')).resolves.toBeDefined()
    expect(served()).toBeGreaterThan(before)
  },
)

test('nodes agree on keys: each publishes the same set', async () => {
  const { trust } = await installation.material('private-key-jwt-dpop')
  const fetch = anew({ trust })
  const sets = await Promise.all(
    installation.nodes.map(async () => (await fetch(`${installation.issuer}/jwks`)).text()),
  )
  expect(new Set(sets).size).toBe(1)
})
