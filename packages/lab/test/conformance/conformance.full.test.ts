/** `scripts/lab conformance` before a suite: what it writes works, and what comes back is judged. */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PLAN_RUNS } from '../../src/conformance/plans.ts'
import { callApi } from '../../src/conformance/our-client.ts'
import type { ServersConfiguration } from '../../src/conformance/servers-configuration.ts'
import { isClear, makePlace, run } from '../program.ts'
import { failed, type Module, passed, startSuite, type StandingSuite } from './standing-suite.ts'
import { setStage, type SuiteStage } from './suite-stage.ts'

let stage: SuiteStage
beforeAll(async () => {
  stage = await setStage()
})
afterAll(() => stage.close())

interface Standing {
  readonly modules: readonly string[]
  readonly token?: string
}

async function withSuite<T>(
  standing: Standing,
  use: (suite: StandingSuite<ServersConfiguration>) => Promise<T>,
): Promise<T> {
  const suite = await startSuite({ tls: stage.tls, play: tryLab, ...standing })
  try {
    return await use(suite)
  } finally {
    suite.close()
  }
}

/** An honest request with what the configuration holds, as a module would make it. */
async function tryLab(_: string, configuration: ServersConfiguration): Promise<Module> {
  const { alias, server, client, mtls, resource } = configuration
  const { authentication, binding, ...rest } = PLAN_RUNS.find(({ label }) => label === alias)!
  const material = {
    issuer: server.discoveryUrl.replace('/.well-known/openid-configuration', ''),
    clientId: client.client_id,
    authentication,
    binding,
    redirectUri: `https://suite.example/test/a/${alias}/callback`,
    key: { kty: 'RSA', ...client.jwks.keys[0] },
    certificate: { chain: mtls.cert + mtls.ca, key: mtls.key },
    trust: stage.tls.trust,
  }
  const call = { ...rest, scope: client.scope, api: resource.resourceUrl }
  const status = await callApi(material, call)
  return { ending: () => (status === 200 ? passed : failed) }
}

const SUITE = 'https://suite.example'

const contentOf = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'))

test('every variant has a label of its own, and is listed', async () => {
  expect(new Set(PLAN_RUNS.map(({ label }) => label)).size).toBe(PLAN_RUNS.length)
  const { code, out } = await run(stage.place, ['conformance', 'plans', '--json'])
  expect([code, JSON.parse(out)]).toEqual([0, PLAN_RUNS])
})

test('configurations are written for every variant, private, and their keys are kept', async () => {
  const write = () => run(stage.place, ['conformance', 'config', '--suite', SUITE, '--json'])
  const first = await write()
  expect(first).toMatchObject({ code: 0, err: '' })
  const written: { label: string; file: string }[] = JSON.parse(first.out)
  expect(written.map(({ label }) => label)).toEqual(PLAN_RUNS.map(({ label }) => label))
  const read = async () => Promise.all(written.map(({ file }) => contentOf(file)))
  const before = await read()
  for (const { file } of written) expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await write()).code).toBe(0)
  expect(isDeepStrictEqual(await read(), before)).toBe(true) // no private key in a report
})

test('the configurations of CIBA name whom to ask, how well, and where to approve', async () => {
  const written = await run(stage.place, ['conformance', 'config', '--plan', 'ciba', '--json'])
  const files: { file: string }[] = JSON.parse(written.out)
  expect(files).toHaveLength(4)
  for (const { file } of files) {
    const client = {
      hint_type: 'login_hint',
      hint_value: 'alice',
      acr_value: 'urn:holdfast:pwd', // asked for where the metadata says acr_values_supported
    }
    expect(await contentOf(file)).toMatchObject({
      client,
      client2: client,
      automated_ciba_approval_url: expect.stringMatching(
        /^http:\/\/.*\/backchannel-authentication\?auth_req_id=\{auth_req_id\}&action=\{action\}$/,
      ),
    })
  }
})

const REACHING = ['client-credentials', 'security-profile'] as const
test.for(REACHING)('with each %s configuration a suite reaches the API', async (plan) => {
  const runs = PLAN_RUNS.filter(({ label }) => label.startsWith(plan))
  await withSuite({ modules: ['happy-flow'] }, async (suite) => {
    const args = ['--suite', suite.url, '--callbacks', SUITE, '--ca', stage.ca, '--plan', plan]
    const { code, out, err } = await run(stage.place, ['conformance', 'run', ...args, '--json'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const happy = { module: 'happy-flow', result: 'PASSED', ok: true }
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      plans: runs.map(({ label }) => ({ label, modules: [happy] })),
    })
    const asked = suite.plans.map(({ query, configuration }) => ({
      plan: query.get('planName'),
      variant: JSON.parse(query.get('variant') ?? ''),
      label: configuration.alias,
    }))
    // The suite has a parameter that the list does not know: it gets its usual value.
    const usual = { grant_management: 'disabled' }
    expect(asked).toEqual(
      runs.map(({ plan: name, variant, label }) => ({
        plan: name,
        variant: { ...variant, ...usual },
        label,
      })),
    )
  })
})

const PLAN = ['--plan', 'client-credentials-jwt-dpop']

describe('what modules end with', () => {
  const judge = async (modules: readonly string[], ...more: readonly string[]) =>
    withSuite({ modules }, (suite) =>
      run(stage.place, [
        'conformance',
        'run',
        '--suite',
        suite.url,
        '--ca',
        stage.ca,
        ...PLAN,
        ...more,
      ]),
    )

  test('a warning that nobody expected is a failure; the condition and its clause are told', async () => {
    const { code, out } = await judge(['warns'])
    expect(code).toBe(1)
    expect(out).toContain('WARNING CheckSomething (PAR-2.2): is <unusual> & strange')
  })

  test('a warning that is listed is none', async () => {
    const expected = join(stage.place.state, 'expected.json')
    const condition = { module: 'warns', condition: 'CheckSomething', why: 'the lab is like that' }
    await writeFile(expected, JSON.stringify([condition]))
    const { code, out } = await judge(['warns'], '--expected', expected)
    expect(code).toBe(0)
    expect(out).toContain('[expected: the lab is like that]')
  })

  test.for(['fails', 'fails-for-no-reason', 'breaks'])('a module that %s', async (module) => {
    expect((await judge([module])).code).toBe(1)
  })

  test('a module that waits for a person is given up', async () => {
    const { code, out } = await judge(['waits'], '--patience', '1')
    expect(code).toBe(1)
    expect(out).toContain('WAITS FOR A PERSON')
  })

  test('a plan without modules shows nothing, hence fails', async () => {
    expect((await judge([])).code).toBe(1)
  })

  test('a skipped module is as it should be', async () => {
    expect((await judge(['is-skipped'])).code).toBe(0)
  })

  test('reports for programs and for people name what failed, escaped', async () => {
    const [junit, html] = [
      join(stage.place.state, 'junit.xml'),
      join(stage.place.state, 'report.html'),
    ]
    await judge(['happy-flow', 'warns', 'is-skipped'], '--junit', junit, '--html', html)
    const xml = await readFile(junit, 'utf8')
    expect(xml).toContain('tests="3" failures="1"')
    expect(xml).toContain('<skipped/>')
    expect(xml).toContain('is &#60;unusual&#62; &#38; strange')
    const page = await readFile(html, 'utf8')
    expect(page).toContain('is &#60;unusual&#62; &#38; strange')
    expect(page).not.toContain('<unusual>')
  })
})

test('the suite’s token is sent, from a file, and is in no output', async () => {
  const token = 'a-very-secret-token'
  await writeFile(join(stage.place.state, 'token'), `${token}\n`)
  await withSuite({ modules: ['happy-flow'], token }, async (suite) => {
    const args = ['conformance', 'run', '--suite', suite.url, '--ca', stage.ca, ...PLAN]
    const without = await run(stage.place, args)
    expect(without).toMatchObject({ code: 1 })
    expect(without.err).toContain('was answered 401')
    const outcome = await run(stage.place, [...args, '--token', join(stage.place.state, 'token')])
    expect(outcome.code).toBe(0)
    expect(outcome.out + outcome.err).not.toContain(token)
  })
})

const WRONG: readonly (readonly [string, readonly string[], string])[] = [
  ['a plan that does not exist', ['config', '--plan', 'bogus'], '"bogus"'],
  ['a suite without TLS', ['config', '--suite', 'http://suite'], 'https'],
  ['no suite', ['run'], '--suite'],
  ['an impatient person', ['run', '--suite', SUITE, '--patience', '0'], '--patience 0'],
  ['a list that is none', ['run', '--suite', SUITE, '--expected', '/dev/null'], '/dev/null'],
  ['a token file that is none', ['run', '--suite', SUITE, '--token', '/nowhere'], '/nowhere'],
]

test.concurrent.for(WRONG)('%s', async ([, args, named]) => {
  const outcome = await run(stage.place, ['conformance', ...args])
  expect(outcome.code).toBe(2)
  expect(outcome.err).toContain(named)
  expect(isClear(outcome)).toBe(true)
})

test.concurrent('a suite that nobody answers for', async () => {
  const outcome = await run(stage.place, ['conformance', 'run', '--suite', 'https://localhost:1'])
  expect(outcome.code).toBe(1)
  expect(outcome.err).toContain('no conformance suite answers at https://localhost:1')
  expect(isClear(outcome)).toBe(true)
})

test.concurrent('without a lab that is up there is nothing that a suite could reach', async () => {
  const other = await makePlace()
  try {
    const outcome = await run(other, ['conformance', 'config'])
    expect(outcome.code).toBe(2)
    expect(outcome.err).toContain('no lab is up')
  } finally {
    await other.remove()
  }
})
