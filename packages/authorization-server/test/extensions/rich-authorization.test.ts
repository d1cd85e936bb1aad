/** Rich authorization requests (RFC 9396): from the pushed request to what a resource server is told. */
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authenticationRequest } from '../stage/backchannel.ts'
import { Browser } from '../stage/browser.ts'
import { approve, askForTokens, deviceRequest, enter, start } from '../stage/device.ts'
import { authorizationUrl, codeFor, pushed, redeem, refresh, requestUri } from '../stage/flow.ts'
import { assertion, clientCredentials, Prover, verdict } from '../stage/honest.ts'
import { ACCOUNTS, PAYMENTS, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Request } from '../stage/http.ts'
import { pushedObject } from '../stage/request-object.ts'

let house: House
let prover: Prover
beforeAll(async () => {
  house = await startHouse({
    profiles: ['fapi-ciba', 'fapi2-message-signing'],
    configuration: { notificationHosts: ['client.example'] },
  })
  prover = await Prover.new()
})
afterAll(() => house.stop())

const PAYMENT = {
  type: 'payment_initiation',
  instructedAmount: { currency: 'EUR', amount: '12.50' },
  creditorName: 'Shop & <b>Sons</b>',
  creditorAccount: { iban: 'DE02100100109307118603' },
  remittanceInformationUnstructured: 'No. 7',
}
const ONE = { iban: 'NL00HOLD0000000001' }
const TWO = { iban: 'NL00HOLD0000000002' }
const INFORMATION = { type: 'account_information', accounts: [ONE, TWO] }

const times = (count: number) => Array.from({ length: count }, () => PAYMENT)

const asking = (...details: unknown[]) => ({ authorization_details: JSON.stringify(details) })

const tokensFor = async (edit: { [name: string]: string }) => {
  const { json } = await house.send(await redeem(house, await codeFor(house, edit), prover))
  return json
}

const withForm = (request: Request, more: { [name: string]: string }): Request => ({
  ...request,
  form: { ...request.form, ...more },
})

describe('RFC9396-2.1 refuses, where the request is pushed,', () => {
  const refused = async (text: string, client = 'web') => {
    const { status, json } = await house.send(
      await pushed(house, { authorization_details: text }, client),
    )
    return [status, json['error'], json['error_description']]
  }
  const amount = (value: unknown) => ({ ...PAYMENT, instructedAmount: value })

  test.for([
    ['another type', { type: 'refund' }, /^unsupported authorization details type value/],
    ['no type', { ...PAYMENT, type: undefined }, /type attribute must be a non-empty string/],
    ['a member that nobody knows', { ...PAYMENT, fee: '1' }, /^payment_initiation: .*'fee'/],
    ['no amount', amount(undefined), /^payment_initiation: instructedAmount: /],
    [
      'an amount as a number',
      amount({ currency: 'EUR', amount: 12.5 }),
      /^payment_initiation: instructedAmount\.amount: /,
    ],
    [
      'an amount with one decimal',
      amount({ currency: 'EUR', amount: '12.5' }),
      /^payment_initiation: instructedAmount\.amount: a number with two decimals, as text$/,
    ],
    [
      'a negative amount',
      amount({ currency: 'EUR', amount: '-12.50' }),
      /instructedAmount\.amount/,
    ],
    [
      'a currency in small letters',
      amount({ currency: 'eur', amount: '12.50' }),
      /^payment_initiation: instructedAmount\.currency: a code of three capitals, such as EUR$/,
    ],
    [
      'a creditor written backwards',
      { ...PAYMENT, creditorName: 'Shop\u{202E}snoS' },
      /^payment_initiation: creditorName: 1 to 70 printable characters$/,
    ],
    [
      'a creditor of 71 characters',
      { ...PAYMENT, creditorName: 'x'.repeat(71) },
      /^payment_initiation: creditorName: /,
    ],
    [
      'an account that is no IBAN',
      { ...PAYMENT, creditorAccount: { iban: 'DE02 1001' } },
      /^payment_initiation: creditorAccount\.iban: an IBAN in capitals, without spaces$/,
    ],
    ['no accounts', { ...INFORMATION, accounts: [] }, /^account_information: accounts: /],
    [
      'a location that is no resource of ours',
      { ...PAYMENT, locations: ['https://evil.example'] },
      /^payment_initiation: locations: https:\/\/evil\.example is no resource$/,
    ],
  ] as const)('%s', async ([, detail, sentence]) => {
    expect(await refused(JSON.stringify([INFORMATION, detail]))).toEqual([
      400,
      'invalid_authorization_details',
      expect.stringMatching(sentence),
    ])
  })

  test.for([
    ['what is no JSON', '[{'],
    ['an object', JSON.stringify(PAYMENT)],
    ['a list of text', '["payment_initiation"]'],
    ['eleven at once', JSON.stringify(times(11))],
  ] as const)('%s', async ([, text]) => {
    expect((await refused(text)).slice(0, 2)).toEqual([400, 'invalid_authorization_details'])
  })

  test('nothing of just the right size', async () => {
    const longest = { ...PAYMENT, creditorName: 'x'.repeat(70), locations: [ACCOUNTS] }
    for (const details of [[longest], times(10), [INFORMATION, PAYMENT], []])
      expect((await house.send(await pushed(house, asking(...details)))).status).toBe(201)
  })

  test('RFC9396-10: a type that the client is not registered for', async () => {
    expect(await refused(JSON.stringify([PAYMENT]), 'web2')).toEqual([
      400,
      'invalid_authorization_details',
      "authorization details type 'payment_initiation' is not allowed for this client",
    ])
  })

  test('the same in a request object, where they are no text', async () => {
    const push = async (...authorization_details: unknown[]) =>
      verdict(await house.send(await pushedObject(house, { claims: { authorization_details } })))
    expect(await push(PAYMENT)).toEqual([201, undefined])
    expect(await push({ ...PAYMENT, fee: '1' })).toEqual([400, 'invalid_authorization_details'])
    expect(await push(INFORMATION)).toEqual([400, 'invalid_authorization_details'])
  })

  test('details in CIBA, which nobody would be shown', async () => {
    const claims = { authorization_details: [INFORMATION] }
    const answer = await house.send(await authenticationRequest(house, claims))
    expect(verdict(answer)).toEqual([400, 'invalid_authorization_details'])
  })
})

test('RFC9396-3: the end-user reads what it is about, and nothing else is granted', async () => {
  const edit = asking(PAYMENT, INFORMATION)
  const browser = new Browser(house.send, house.issuer)
  const login = await browser.open(authorizationUrl(house, await requestUri(house, edit)))
  const fields = { login: 'alice', password: 'correct horse' }
  const { text } = await browser.press(login, 'login-submit', fields)
  const shown = text.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ')
  expect(shown).toContain(
    'to make one payment: Amount 12.50 EUR To Shop &amp; &lt;b&gt;Sons&lt;/b&gt; ' +
      'Account DE02 1001 0010 9307 1186 03 Reference No. 7 ' +
      'to see these accounts of yours: NL00 HOLD 0000 0000 01 NL00 HOLD 0000 0000 02',
  )
})

test('RFC9396-3: each request is asked about, and gets no details of an earlier one', async () => {
  const browser = new Browser(house.send, house.issuer)
  const open = async (edit: { [name: string]: string }) =>
    browser.open(authorizationUrl(house, await requestUri(house, { prompt: '', ...edit })))
  const codeNow = () => String(new URL(browser.url).searchParams.get('code'))
  const scope = 'openid read'
  const login = await open({ scope, ...asking(PAYMENT) })
  const fields = { login: 'alice', password: 'correct horse' }
  const consent = await browser.press(login, 'login-submit', fields)
  await browser.press(consent, 'consent-submit')
  const first = await house.send(await redeem(house, codeNow(), prover))
  expect(first.json['authorization_details']).toEqual([PAYMENT])
  expect((await open({ scope, ...asking(PAYMENT) })).text).toContain('id="consent-submit"')
  await open({ scope }) // the same grant, and nothing to ask
  const next = await house.send(await redeem(house, codeNow(), prover))
  expect([next.status, next.json['authorization_details']]).toEqual([200, undefined])
  expect(decodeJwt(String(next.json['access_token']))).not.toHaveProperty('authorization_details')
})

test('RFC9396-7, -9.1: they stand in the token response and in the JWT', async () => {
  const { access_token, authorization_details } = await tokensFor(asking(PAYMENT, INFORMATION))
  expect(authorization_details).toEqual([PAYMENT, INFORMATION])
  expect(decodeJwt(String(access_token))).toMatchObject({
    aud: ACCOUNTS,
    authorization_details: [PAYMENT, INFORMATION],
    cnf: { jkt: prover.jkt },
  })
})

test('RFC9396-9.2: they stand in the introspection response, for the resource server only', async () => {
  const scope = 'openid pay'
  const tokens = await tokensFor({ ...asking(PAYMENT), scope, resource: PAYMENTS })
  const introspect = async (token: unknown, client: string) =>
    house.send({
      url: `${house.issuer}/introspect`,
      form: { token: String(token), ...(await assertion(house, client)) },
    })
  const { json } = await introspect(tokens['access_token'], 'api')
  expect(json).toMatchObject({ active: true, authorization_details: [PAYMENT] })
  expect((await introspect(tokens['access_token'], 'stranger')).json).toEqual({ active: false })
  const jwt = await tokensFor(asking(INFORMATION))
  const answer = await introspect(jwt['access_token'], 'accounts-api')
  expect(answer.json).toMatchObject({ active: true, authorization_details: [INFORMATION] })
})

test('they are enough without any scope of the resource', async () => {
  const tokens = await tokensFor({ ...asking(PAYMENT), scope: 'openid', resource: ACCOUNTS })
  expect(tokens['authorization_details']).toEqual([PAYMENT])
  const byDefault = await tokensFor({ ...asking(PAYMENT), scope: 'openid' })
  expect(decodeJwt(String(byDefault['access_token'])).aud).toBe(ACCOUNTS)
})

test('RFC9396-6: a token gets those that are for its resource', async () => {
  const here = { ...PAYMENT, locations: [ACCOUNTS] }
  const there = { ...PAYMENT, locations: [PAYMENTS] }
  const { authorization_details } = await tokensFor(asking(here, there, INFORMATION))
  expect(authorization_details).toEqual([here, INFORMATION])
})

describe('RFC9396-6: with the code and at refresh', () => {
  const only = (...accounts: object[]) => ({ ...INFORMATION, accounts })

  test.for([
    ['one of two accounts', [only(TWO)]],
    ['the payment alone', [PAYMENT]],
    ['everything, in another order', [only(TWO, ONE), PAYMENT]],
  ] as const)('a client may ask for %s', async ([, details]) => {
    const code = await codeFor(house, asking(PAYMENT, INFORMATION))
    const request = withForm(await redeem(house, code, prover), asking(...details))
    const { json } = await house.send(request)
    expect(json['authorization_details']).toEqual(details)
    expect(decodeJwt(String(json['access_token']))['authorization_details']).toEqual(details)
    // What was left out at first is still there for the next token.
    const again = await house.send(await refresh(house, json['refresh_token'], prover))
    expect(again.json['authorization_details']).toEqual([PAYMENT, INFORMATION])
    const less = withForm(await refresh(house, json['refresh_token'], prover), asking(...details))
    expect((await house.send(less)).json['authorization_details']).toEqual(details)
  })

  test.for([
    ['another account', only({ iban: 'NL00HOLD0000000003' })],
    ['one account more', only(ONE, TWO, { iban: 'NL00HOLD0000000003' })],
    ['a cent more', { ...PAYMENT, instructedAmount: { currency: 'EUR', amount: '12.51' } }],
    ['another creditor', { ...PAYMENT, creditorName: 'Mallory' }],
    [
      'a payment without its reference',
      { ...PAYMENT, remittanceInformationUnstructured: undefined },
    ],
    ['another resource', { ...INFORMATION, locations: [ACCOUNTS] }],
  ] as const)('it may not ask for %s', async ([, detail]) => {
    const tokens = await tokensFor(asking(PAYMENT, INFORMATION))
    const request = await refresh(house, tokens['refresh_token'], prover)
    const answer = await house.send(withForm(request, asking(detail)))
    expect([answer.status, answer.json['error'], answer.json['error_description']]).toEqual([
      400,
      'invalid_authorization_details',
      `the end-user has not consented to this ${detail.type}`,
    ])
    const honest = await refresh(house, tokens['refresh_token'], prover)
    expect((await house.send(honest)).status).toBe(200)
  })

  test('nor for the same payment twice: it was consented to once', async () => {
    const tokens = await tokensFor(asking(PAYMENT, INFORMATION))
    const request = await refresh(house, tokens['refresh_token'], prover)
    const answer = await house.send(withForm(request, asking(PAYMENT, PAYMENT)))
    expect(verdict(answer)).toEqual([400, 'invalid_authorization_details'])
    const two = await tokensFor(asking(PAYMENT, PAYMENT))
    const both = await refresh(house, two['refresh_token'], prover)
    const { json } = await house.send(withForm(both, asking(PAYMENT, PAYMENT)))
    expect(json['authorization_details']).toEqual([PAYMENT, PAYMENT])
  })

  test('nor for any, where none was consented to', async () => {
    const request = withForm(await redeem(house, await codeFor(house), prover), asking(PAYMENT))
    const { status, json } = await house.send(request)
    expect([status, json['error'], json['error_description']]).toEqual([
      400,
      'invalid_authorization_details',
      'no end-user has consented to authorization details',
    ])
  })
})

test('a device asks as well: the end-user reads it before and at the consent', async () => {
  const { deviceCode, userCode } = await start(house, asking(PAYMENT))
  const [, page] = await enter(house, userCode)
  expect(page.text).toContain('12.50 EUR')
  await approve(house, userCode)
  const { json } = await askForTokens(house, deviceCode, { prover })
  expect(json['authorization_details']).toEqual([PAYMENT])
  const refused = await house.send(await deviceRequest(house, asking(INFORMATION)))
  expect(verdict(refused)).toEqual([400, 'invalid_authorization_details'])
})

test('a client of its own accord gets none', async () => {
  const answer = await house.send(await clientCredentials(house, prover, asking(PAYMENT)))
  expect(verdict(answer)).toEqual([400, 'invalid_authorization_details'])
})

test('RFC9396-10: discovery names the types', async () => {
  const { json } = await house.send({ url: `${house.issuer}/.well-known/openid-configuration` })
  expect(json['authorization_details_types_supported']).toEqual([
    'payment_initiation',
    'account_information',
  ])
})

test('the end-user finds what was consented to, and can withdraw it', async () => {
  await tokensFor({ ...asking(PAYMENT, INFORMATION) })
  const browser = new Browser(house.send, house.issuer)
  const login = await browser.open(`${house.issuer}/applications`)
  const fields = { login: 'alice', password: 'correct horse' }
  const { text } = await browser.press(login, 'login-submit', fields)
  expect(text).toContain('12.50 EUR')
  expect(text).toContain('NL00 HOLD 0000 0000 02')
})
