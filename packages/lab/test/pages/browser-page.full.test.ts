/** The client that is a page, in a real browser: from its key to the API's answer. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, Page, Response } from 'playwright-core'
import { ReplayMemoryInProcess } from '@holdfast/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfiguration } from '../../src/configuration.ts'
import { type Lab, startLab } from '../../src/lab.ts'
import { writeRunFile } from '../../src/run-file.ts'
import { CHROMIUM, startChromium } from './chromium.ts'
import { makePlace, type Place, ROOT } from '../program.ts'

const execute = promisify(execFile)

test.runIf(CHROMIUM === undefined)('left out: chromium is not installed', () => {
  process.stderr.write('packages/lab: left out: chromium is not installed\n')
  expect(CHROMIUM).toBeUndefined()
})

/** As text: it runs in the browser, and what transforms our tests would rewrite its import. */
const TRY_TO_EXPORT = `(async () => {
  const { keyPair } = await import('/browser/keys.js')
  const tried = ['client', 'dpop'].map(async (name) => {
    const { privateKey } = await keyPair(name)
    return crypto.subtle.exportKey('jwk', privateKey).then(() => 'exported', ({ name }) => name)
  })
  return Promise.all(tried)
})()`

describe.runIf(CHROMIUM !== undefined)('the page', () => {
  let place: Place
  let lab: Lab
  let browser: Browser
  let page: Page
  const answers: Response[] = []

  beforeAll(async () => {
    place = await makePlace()
    const { certs, state } = place
    const configuration = readConfiguration({ ephemeral: true, certs, state })
    lab = await startLab(configuration)
    const { hub, addresses } = lab
    await writeRunFile(state, { pid: process.pid, hubToken: hub.token, certs, addresses })
    // Servers that have just begun ask for a nonce.
    lab.experiment({ nonce: 'required' })
    await lab.experimentWithIssuer({ memory: new ReplayMemoryInProcess() })
    browser = await startChromium(place.certs)
    page = await browser.newPage()
    page.on('response', (answer) => answers.push(answer))
    await page.goto(`${lab.addresses.console}/browser`)
    await page.waitForSelector('#registration:not(:empty)')
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await lab?.close()
    await place?.remove()
  })

  const story = () => page.locator('#story').textContent()
  const logIn = async () => {
    await page.click('#start')
    await page.fill('#login', 'alice')
    await page.fill('#password', 'doe')
    await page.click('#login-submit')
    await page.click('#consent-submit')
  }

  test('needs no more room than a telephone has', async () => {
    const before = page.viewportSize()
    await page.setViewportSize({ width: 360, height: 720 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await page.setViewportSize(before ?? { width: 1280, height: 720 })
  })

  test('is not known before it is registered', async () => {
    await page.click('#start')
    await page.waitForSelector('#story li')
    expect(await story()).toBe('Error: invalid_client: RFC7523-3: client authentication failed')
  })

  test('is registered by the command that it shows, with the public half of its key', async () => {
    const command = (await page.textContent('#registration')) ?? ''
    expect(command).not.toContain('"d"')
    const cli = `${process.execPath} ${join(ROOT, 'packages/lab/src/cli.ts')}`
    const ours = `${cli} --certs ${place.certs} --state ${place.state}`
    const line = command.replace('scripts/lab', ours)
    const { stdout } = await execute('sh', ['-c', line], { env: place.env })
    expect(stdout).toContain('browser-page is registered with the keys that it has')
  })

  test('gets from login to the accounts, nonce included', async () => {
    await page.reload()
    answers.length = 0
    await logIn()
    await page.waitForSelector('#story li:nth-child(3)')
    const { issuer, resource } = lab.addresses
    expect(await story()).toMatch(/^token of type dpop, \d+ s, scope "accounts"GET .*: 200\{/)
    expect(await story()).toContain('NL00HOLD0000000001')
    expect(page.url()).toBe(`${lab.addresses.console}/browser`)
    const asked = answers.filter((answer) => [400, 401].includes(answer.status()))
    const at = asked.map((answer) => [answer.url(), answer.headers()['dpop-nonce'] !== undefined])
    const endpoints = [`${issuer}/par`, `${issuer}/token`, `${resource}/accounts`]
    expect(at).toEqual(endpoints.map((url) => [url, true]))
  })

  test('keeps keys that no script can read, over a reload', async () => {
    const before = await page.textContent('#registration')
    await page.reload()
    await page.waitForSelector('#registration:not(:empty)')
    expect(await page.textContent('#registration')).toBe(before)
    const found = await page.evaluate(TRY_TO_EXPORT)
    expect(found).toEqual(['InvalidAccessError', 'InvalidAccessError'])
  })

  /** What a script of the page gets: a status, or `TypeError` where the browser keeps it back. */
  const ask = (url: string, headers: Record<string, string>, method = 'POST') =>
    page.evaluate(
      async ([to, how]) =>
        fetch(to, how).then(
          ({ status }) => status,
          (error: Error) => error.name,
        ),
      [url, { method, headers }] as const,
    )

  test('may speak to token, PAR and resource endpoints, and not to the authorization endpoint', async () => {
    const { issuer, resource } = lab.addresses
    const proof = { DPoP: 'x' }
    expect(await ask(`${issuer}/token`, proof)).toBe(400)
    expect(await ask(`${issuer}/par`, proof)).toBe(400)
    expect(await ask(`${resource}/accounts`, { Authorization: 'DPoP x' }, 'GET')).toBe(401)
    expect(await ask(`${issuer}/authorize`, {}, 'GET')).toBe('TypeError')
  })

  test('of another origin may speak to none', async () => {
    const { issuer, resource, console: ours } = lab.addresses
    await page.goto(`${ours.replace('localhost', '127.0.0.1')}/browser`)
    const proof = { DPoP: 'x' }
    expect(await ask(`${issuer}/token`, proof)).toBe('TypeError')
    expect(await ask(`${issuer}/par`, proof)).toBe('TypeError')
    expect(await ask(`${resource}/accounts`, { Authorization: 'DPoP x' }, 'GET')).toBe('TypeError')
    expect(await ask(`${issuer}/jwks`, {}, 'GET')).toBe(200) // which everybody may read
  })
})
