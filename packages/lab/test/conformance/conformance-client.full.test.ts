/** `scripts/lab conformance` before a suite that plays the servers: our client is tested. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PLAN_RUNS } from '../../src/conformance/plans.ts'
import { FAULTS, FAULTS_OF_MESSAGE_SIGNING, NONE } from './faults.ts'
import { type PlayedServers, startPlayedServers } from './played-servers.ts'
import { run } from '../program.ts'
import { startSuite } from './standing-suite.ts'
import { setStage, type SuiteStage } from './suite-stage.ts'

let stage: SuiteStage
let servers: PlayedServers

beforeAll(async () => {
  stage = await setStage()
  const faults = { ...FAULTS, ...FAULTS_OF_MESSAGE_SIGNING, 'takes-it-for-a-fault': NONE }
  servers = await startPlayedServers({ ...stage, faults })
})
afterAll(async () => {
  await servers.close()
  await stage.close()
})

async function drive(plan: string, modules: readonly string[], ...more: readonly string[]) {
  const { place, tls, ca } = stage
  const suite = await startSuite({ tls, modules, play: servers.play })
  try {
    const args = ['--suite', suite.url, '--ca', ca, '--plan', plan, ...more]
    return { ...(await run(place, ['conformance', 'run', ...args])), plans: suite.plans }
  } finally {
    suite.close()
  }
}

const HAPPY = 'happy-path'
const CALLED = 'called the API, which answered 200'

test('in every variant our client comes to the API', { timeout: 120_000 }, async () => {
  const runs = PLAN_RUNS.filter(({ tested }) => tested === 'client')
  const { code, out, err, plans } = await drive('our-client', [HAPPY], '--json')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const module = { module: HAPPY, result: 'PASSED', client: CALLED, ok: true }
  expect(JSON.parse(out)).toMatchObject({
    ok: true,
    plans: runs.map(({ label, plan }) => ({ label, plan, modules: [module] })),
  })
  expect(plans.map(({ query }) => query.get('planName'))).toEqual(runs.map(({ plan }) => plan))
})

test.for([
  ['security-profile-jwt-dpop-openid', FAULTS],
  ['message-signing-jwt-dpop-openid', FAULTS_OF_MESSAGE_SIGNING],
] as const)('it stops at each fault (%s), and comes to the API without', async ([plan, faults]) => {
  const modules = [...Object.keys(faults), HAPPY]
  const { code, out } = await drive(`our-client-${plan}`, modules, '--json')
  const stopped = Object.entries(faults).map(([module, { reason }]) => ({
    module,
    result: 'PASSED',
    client: expect.stringMatching(`^stopped: .*${reason}`),
  }))
  const happy = { module: HAPPY, result: 'PASSED', client: CALLED }
  expect(JSON.parse(out).plans).toMatchObject([{ modules: [...stopped, happy] }])
  expect(code).toBe(0)
})

const PLAN = 'our-client-security-profile-jwt-dpop-openid'

test('without --ca, it trusts whom Node trusts', async () => {
  const { place, tls, ca } = stage
  const suite = await startSuite({ tls, modules: [HAPPY], play: servers.play })
  const args = ['conformance', 'run', '--suite', suite.url, '--plan', PLAN]
  const [unknown, known] = [
    await run(place, args),
    await run(place, args, { env: { NODE_EXTRA_CA_CERTS: ca } }),
  ]
  suite.close()
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('certificate')])
  expect([known.code, known.out]).toEqual([0, expect.stringContaining(CALLED)])
})

test('a client that goes on where it should stop fails, and the report says what it did', async () => {
  const html = join(stage.place.state, 'report.html')
  const { code, out } = await drive(PLAN, ['takes-it-for-a-fault'], '--html', html)
  expect(code).toBe(1)
  expect(out).toContain('FAILED')
  expect(out).toContain(`our client ${CALLED}`)
  expect(await readFile(html, 'utf8')).toContain(`our client ${CALLED}`)
})

test('a client that stops where it should go on is given up', async () => {
  const { code, out } = await drive(
    'our-client-client-credentials-jwt-dpop',
    ['knows-nobody'],
    '--patience',
    '1',
  )
  expect(code).toBe(1)
  expect(out).toContain('WAITS FOR A PERSON')
  expect(out).toContain('our client stopped: ')
})

test('the suite is told of the client what it must know, and no private key', async () => {
  const written = await run(stage.place, [
    'conformance',
    'config',
    '--plan',
    'our-client',
    '--json',
  ])
  const files: { label: string; file: string }[] = JSON.parse(written.out)
  expect(files).toHaveLength(20)
  for (const { label, file } of files) {
    const configuration = JSON.parse(await readFile(file, 'utf8'))
    expect(configuration).toMatchObject({
      alias: label,
      client: {
        client_id: label,
        redirect_uri: `${stage.lab.run.addresses['console']}/callback`,
        certificate: expect.stringContaining('BEGIN CERTIFICATE'),
      },
    })
    const [key] = configuration.client.jwks.keys
    expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    const own = JSON.parse(await readFile(file.replace(/json$/, 'key.json'), 'utf8'))
    expect(own).toMatchObject(key)
  }
})
