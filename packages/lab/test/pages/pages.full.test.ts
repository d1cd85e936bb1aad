/**
 * The authorization server's own pages in a real browser, in light and dark: axe finds nothing to
 * complain about, and the keyboard reaches everything, in the order in which it is read.
 */
import axe from 'axe-core'
import type { AxeResults } from 'axe-core'
import { type AuthorizationRequest, connect, type FapiClient } from '@holdfast/client'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPrivate } from '../../src/attach.ts'
import { readConfiguration } from '../../src/configuration.ts'
import { CHROMIUM, startChromium } from './chromium.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>
let browser: Browser
let client: FapiClient
let other: FapiClient

const installed = CHROMIUM !== undefined

beforeAll(async () => {
  if (!installed) return
  lab = await startPrivate(readConfiguration({ ephemeral: true }))
  browser = await startChromium(lab.folders.certs)
  client = await connect(await lab.material('private-key-jwt-dpop'))
  other = await connect(await lab.material('ciba'))
})
afterAll(async () => {
  if (!installed) return
  await browser.close()
  await client.close()
  await other.close()
  await lab.close()
})

const issuer = () => lab.addresses.issuer

async function signIn(page: Page, password = 'doe'): Promise<void> {
  await page.fill('#login', 'alice')
  await page.fill('#password', password)
  await page.click('#login-submit')
}

async function openAsked(page: Page, asked: Partial<AuthorizationRequest>): Promise<void> {
  const { resource } = lab.addresses
  const { url } = await client.authorize({ scope: 'openid payments', resource, ...asked })
  await page.goto(url.href)
}

async function openLogin(page: Page): Promise<void> {
  const scope = 'openid accounts payments offline_access'
  const { resource } = lab.addresses
  const { url } = await client.authorize({
    scope,
    resource,
    parameters: { prompt: 'consent' },
  })
  await page.goto(url.href)
}

async function openOwn(page: Page, path: string): Promise<void> {
  await page.goto(issuer() + path)
  await signIn(page)
}

/** Signed in at the client: the session that logout ends. */
async function allow(page: Page): Promise<void> {
  await openLogin(page)
  await signIn(page)
  // The client's own page is not there; the browser has been sent to it all the same.
  await page.click('#consent-submit').catch(() => undefined)
}

async function openApprovals(page: Page): Promise<void> {
  const { resource } = lab.addresses
  const bindingMessage = 'Till 4, cup of tea'
  for (const scope of ['openid accounts', 'openid payments'])
    await other.authenticate({ scope, resource, loginHint: 'alice', bindingMessage })
  await openOwn(page, '/approvals')
}

async function openDevice(page: Page): Promise<void> {
  const { resource } = lab.addresses
  const { verificationUri, userCode } = await client.authorizeDevice({ scope: 'openid', resource })
  await page.goto(verificationUri)
  await page.fill('#user_code', userCode.toLowerCase())
  await page.click('#user-code-submit')
}

const PAGES: { readonly [title: string]: (page: Page) => Promise<unknown> } = {
  login: openLogin,
  'login, refused': async (page) => {
    await openLogin(page)
    await signIn(page, 'wrong')
  },
  consent: async (page) => {
    await openLogin(page)
    await signIn(page)
  },
  'consent to a payment, and to see accounts': async (page) => {
    const iban = 'NL00HOLD0000000001'
    await openAsked(page, {
      authorizationDetails: [
        {
          type: 'payment_initiation',
          instructedAmount: { currency: 'EUR', amount: '999999999999.99' },
          creditorName: 'x'.repeat(70),
          creditorAccount: { iban },
          remittanceInformationUnstructured: 'Invoice No. 7',
        },
        { type: 'account_information', accounts: [{ iban }] },
      ],
    })
    await signIn(page)
  },
  'second factor': async (page) => {
    await openAsked(page, { acrValues: ['urn:holdfast:mfa'] })
    await signIn(page)
  },
  error: (page) => page.goto(`${issuer()}/authorize`),
  device: (page) => page.goto(`${issuer()}/device`),
  'device, wrong code': async (page) => {
    await page.goto(`${issuer()}/device`)
    await page.fill('#user_code', 'WRNG-CODE')
    await page.click('#user-code-submit')
  },
  'device, the code shown again': openDevice,
  'device, done': async (page) => {
    await openDevice(page)
    await page.click('#device-confirm')
    await signIn(page)
    await page.click('#consent-submit')
  },
  approvals: openApprovals,
  'an approval, denied': async (page) => {
    await openApprovals(page)
    await page.click('#deny-1')
  },
  applications: async (page) => {
    await allow(page)
    await openOwn(page, '/applications')
  },
  'applications, one withdrawn': async (page) => {
    await allow(page)
    await openOwn(page, '/applications')
    await page.click('#withdraw-1')
  },
  logout: async (page) => {
    await allow(page)
    await page.goto(`${issuer()}/logout`)
  },
  'logout, declined': async (page) => {
    await allow(page)
    await page.goto(`${issuer()}/logout`)
    await page.click('#stay')
  },
  'logout, done': async (page) => {
    await allow(page)
    await page.goto(`${issuer()}/logout`)
    await page.click('#logout-submit')
  },
  'logout, by nobody': (page) => page.goto(`${issuer()}/logout`),
}

const SCHEMES = ['light', 'dark'] as const

async function inBrowser(
  scheme: (typeof SCHEMES)[number],
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const context: BrowserContext = await browser.newContext({
    colorScheme: scheme,
    viewport: { width: 360, height: 720 }, // a telephone: nothing may need more room
  })
  try {
    await use(await context.newPage())
  } finally {
    await context.close()
  }
}

describe.skipIf(!installed).for(SCHEMES)('in %s', (scheme) => {
  test.for(Object.entries(PAGES))('%s: axe has nothing to complain about', async ([, open]) => {
    await inBrowser(scheme, async (page) => {
      await open(page)
      expect(await page.title()).toMatch(/ – Holdfast$/)
      await page.evaluate(axe.source)
      const { violations, passes } = await page
        .evaluate(
          `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
        )
        .then((results): AxeResults => Object(results))
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
      expect(passes.map(({ id }) => id)).toContain('color-contrast')
      const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
      expect(wide).toBe(false)
    })
  })
})

const FOCUSABLE = `[...document.querySelectorAll('a[href], button, input:not([type=hidden])')]`

test.skipIf(!installed).for(Object.entries(PAGES))(
  '%s: the keyboard reaches everything in reading order, and one sees where it is',
  async ([, open]) => {
    await inBrowser('light', async (page) => {
      await open(page)
      await page.waitForLoadState() // before that no field has been given the focus
      const all = Number(await page.evaluate(`${FOCUSABLE}.length`))
      // Programs and people's notes find each control by its id; there is no script to need.
      expect(await page.evaluate(`${FOCUSABLE}.filter((one) => !one.href && !one.id).length`)).toBe(
        0,
      )
      expect(await page.evaluate('document.scripts.length')).toBe(0)
      const focused = () => page.evaluate(`${FOCUSABLE}.indexOf(document.activeElement)`)
      const reached: unknown[] = []
      // A page that is filled in has the focus on its first field already.
      if ((await focused()) === -1) await page.keyboard.press('Tab')
      for (let count = 0; count < all; count++) {
        reached.push(await focused())
        const outline = `getComputedStyle(document.activeElement).outlineStyle`
        expect(await page.evaluate(outline)).toBe('solid')
        await page.keyboard.press('Tab')
      }
      expect(reached).toEqual(Array.from({ length: all }, (_, index) => index))
    })
  },
)
