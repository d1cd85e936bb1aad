import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Outcome } from '../../src/index.ts'
import { AuthenticationLimits, TooManyFailures } from '../../src/operations/limits.ts'
import { Browser } from '../stage/browser.ts'
import { authorizationUrl, requestUri } from '../stage/flow.ts'
import { assertion, clientCredentials, Prover, verdict } from '../stage/honest.ts'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'

const LIMITS = {
  client: { most: 3, within: 60 },
  clients: { most: 5, within: 60 },
  login: { most: 3, within: 300 },
  logins: { most: 5, within: 300 },
  loginAnywhere: { most: 6, within: 300 },
  userCodes: { most: 3, within: 300 },
}
const [HERE, ELSEWHERE] = ['192.0.2.1', '198.51.100.1']

describe('a client', () => {
  let now: number
  let limits: AuthenticationLimits
  beforeEach(() => {
    now = 1_000_000
    limits = new AuthenticationLimits(LIMITS, () => now)
  })
  const fail = (times: number, client: string, address = HERE) => {
    for (let time = 0; time < times; time += 1) limits.clientFailed(client, address)
  }

  test('that has failed too often somewhere is admitted from elsewhere', () => {
    fail(2, 'web')
    limits.admitClient('web', HERE)
    fail(1, 'web')
    expect(() => limits.admitClient('web', HERE)).toThrow(TooManyFailures)
    limits.admitClient('web', ELSEWHERE)
    limits.admitClient('other', HERE)
  })

  test('is admitted again when the time is over', () => {
    fail(3, 'web')
    now += 59_999
    expect(() => limits.admitClient('web', HERE)).toThrow(
      expect.objectContaining({ status: 429, retryAfter: 1 }),
    )
    now += 1
    limits.admitClient('web', HERE)
  })

  test('is refused where others have failed too often, whatever their names', () => {
    for (const name of ['a', 'b', 'c', 'd']) fail(1, name)
    limits.admitClient('web', HERE)
    fail(1, 'e')
    expect(() => limits.admitClient('web', HERE)).toThrow(TooManyFailures)
    limits.admitClient('web', ELSEWHERE)
  })

  test('is not two by an address of the same network', () => {
    fail(3, 'web', '2001:db8::1')
    expect(() => limits.admitClient('web', '2001:db8::2')).toThrow(TooManyFailures)
    limits.admitClient('web', '2001:db8:0:1::2')
  })
})

describe('an end-user', () => {
  let now: number
  let limits: AuthenticationLimits
  beforeEach(() => {
    now = 1_000_000
    limits = new AuthenticationLimits(LIMITS, () => now)
  })
  const fail = (times: number, login: string, address: (time: number) => string) => {
    for (let time = 0; time < times; time += 1) limits.admitLogin(login, address(time))
  }
  const anywhere = (time: number) => `203.0.113.${time}`

  test('is counted before the password is looked at: parallel attempts do not help', () => {
    fail(3, 'alice', () => HERE)
    expect(() => limits.admitLogin('alice', HERE)).toThrow(TooManyFailures)
    limits.admitLogin('alice', ELSEWHERE)
    limits.admitLogin('bob', HERE)
  })

  test('who succeeds has not failed', () => {
    for (let time = 0; time < 20; time += 1) limits.admitLogin('alice', HERE).succeeded()
    fail(3, 'alice', () => HERE)
    expect(() => limits.admitLogin('alice', HERE)).toThrow(TooManyFailures)
  })

  test('who could not be looked at has not failed', () => {
    for (let time = 0; time < 20; time += 1) limits.admitLogin('alice', HERE).undecided()
    fail(3, 'alice', () => HERE)
    expect(() => limits.admitLogin('alice', HERE)).toThrow(TooManyFailures)
  })

  test('whose password is tried from everywhere still gets in from where they have before', () => {
    limits.admitLogin('alice', HERE).succeeded()
    fail(6, 'alice', anywhere)
    expect(() => limits.admitLogin('alice', ELSEWHERE)).toThrow(TooManyFailures)
    limits.admitLogin('alice', HERE).succeeded()
    limits.admitLogin('bob', ELSEWHERE).succeeded()
    now += 300_000
    limits.admitLogin('alice', ELSEWHERE).succeeded()
  })

  test('is refused where too many others have failed', () => {
    for (const login of ['a', 'b', 'c', 'd', 'e']) limits.admitLogin(login, HERE)
    expect(() => limits.admitLogin('alice', HERE)).toThrow(TooManyFailures)
    limits.admitLogin('alice', ELSEWHERE)
  })
})

describe('the server', () => {
  let house: House
  let prover: Prover
  const outcomes: Outcome[] = []
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const audit = (outcome: Outcome) => outcomes.push(outcome)
    house = await startHouse({ audit, configuration: { failures: LIMITS } })
    prover = await Prover.new()
    outcomes.length = 0
  })
  afterEach(async () => {
    vi.useRealTimers()
    await house.stop()
  })

  const authenticate = async (client: string, edit = {}) =>
    house.send(await clientCredentials(house, prover, await assertion(house, client, edit)))
  const wrong = { aud: 'https://other.example' }

  test('answers 429 with Retry-After, and does not look at the assertion', async () => {
    for (let time = 0; time < 3; time += 1)
      expect(verdict(await authenticate('web', wrong))).toEqual([401, 'invalid_client'])
    const answer = await authenticate('web')
    expect(verdict(answer)).toEqual([429, 'temporarily_unavailable'])
    expect(answer.headers['retry-after']).toBe('60')
    expect(outcomes.at(-1)).toMatchObject({
      endpoint: 'token',
      outcome: 'refused',
      status: 429,
      reason: expect.stringContaining('too many failed authentications'),
    })
    expect((await authenticate('web2')).status).toBe(200)
    vi.setSystemTime(Date.now() + 60_000)
    expect((await authenticate('web')).status).toBe(200)
  })

  test('holds for PAR, introspection and revocation as well', async () => {
    for (const path of ['par', 'introspect', 'revoke'])
      await house.send({
        url: `${house.issuer}/${path}`,
        form: { ...(await assertion(house, 'api', wrong)), token: 'x' },
      })
    for (const path of ['par', 'introspect', 'revoke']) {
      const form = { ...(await assertion(house, 'api')), token: 'x' }
      const answer = await house.send({ url: `${house.issuer}/${path}`, form })
      expect(verdict(answer)).toEqual([429, 'temporarily_unavailable'])
      expect(answer.headers['retry-after']).toBe('60')
    }
  })

  test('counts clients that do not exist, and then refuses their network', async () => {
    for (let time = 0; time < 5; time += 1) {
      const client_id = `nobody-${time}`
      const answer = await house.send({
        url: `${house.issuer}/token`,
        form: { client_id, grant_type: 'client_credentials' },
      })
      expect(verdict(answer)).toEqual([401, 'invalid_client'])
    }
    expect(verdict(await authenticate('web'))).toEqual([429, 'temporarily_unavailable'])
    vi.setSystemTime(Date.now() + 60_000)
    expect((await authenticate('web')).status).toBe(200)
  })

  test('does not count what is refused for something else', async () => {
    for (let time = 0; time < 6; time += 1) {
      const request = await clientCredentials(house, prover, { grant_type: 'password' })
      expect(verdict(await house.send(request))).toEqual([400, 'unsupported_grant_type'])
    }
    expect((await authenticate('web')).status).toBe(200)
  })

  test('refuses the login that has failed too often, right or wrong', async () => {
    const browser = new Browser(house.send, house.issuer)
    const page = await browser.open(authorizationUrl(house, await requestUri(house)))
    const submit = (password: string) =>
      browser.press(page, 'login-submit', { login: 'alice', password })
    for (let time = 0; time < 3; time += 1) expect((await submit('wrong')).status).toBe(200)
    const refused = await submit('correct horse')
    expect(refused.status).toBe(429)
    expect(refused.headers['retry-after']).toBe('300')
    expect(refused.text).toContain('too many failed authentications')
    expect(outcomes.at(-1)).toMatchObject({ endpoint: 'login', outcome: 'refused', status: 429 })
    vi.setSystemTime(Date.now() + 300_000)
    expect((await submit('correct horse')).text).toContain('consent-submit')
  })

  test('counts the logins of the end-users’ own pages with all others', async () => {
    const submit = (password: string) => {
      const form = { login: 'alice', password }
      return house.send({ url: `${house.issuer}/applications/login`, form })
    }
    for (let time = 0; time < 3; time += 1) expect((await submit('wrong')).status).toBe(200)
    const refused = await submit('correct horse')
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '300'])
    expect(refused.headers).not.toHaveProperty('set-cookie')
    vi.setSystemTime(Date.now() + 300_000)
    const accepted = await submit('correct horse')
    expect([accepted.status, accepted.headers.location]).toEqual([303, '/applications'])
  })
})
