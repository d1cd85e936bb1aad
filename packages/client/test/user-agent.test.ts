import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { approve, approveDevice, cookieJar, deny, type Fetch, signOut } from '../src/index.ts'
import { listening } from './fixtures/listening.ts'

const redirectUri = 'https://client.example/callback'
const user = { login: 'alice', password: 'doe' }
const fetchOnce: Fetch = (url, { body = null, ...rest } = {}) =>
  fetch(url, { ...rest, body, redirect: 'manual' })
const visit = { fetch: fetchOnce, user, redirectUri }

interface Seen {
  readonly method: string
  readonly url: string
  readonly cookie: string
  readonly body: string
}

type Answer = (response: ServerResponse, seen: Seen) => void

/** A form that no browser would show. */
const TRAP =
  '<form action="/trap"><input name="login"><input name="password"><button id="login-submit"></form>'

const loginPage = () => `<!doctype html><html><head><title>Sign in</title></head><body>
  <!-- ${TRAP} --><script>write('${TRAP}')</script>
  <form action="/search"><input name="q"><button id="search">Search</button></form>
  <form action="/login?x=1&amp;y=2" method="POST">
    <input type="hidden" name="csrf" value="a&quot;b&#x26;c">
    <input name='login' value="">
    <INPUT type=password name=password>
    <input type="checkbox" name="remember"><input type="checkbox" name="terms" checked>
    <input name="off" value="1" disabled>
    <button type="submit" id="login-submit">Sign in</button>
    <button type="submit" id="other" name="other" value="1">Other</button>
  </form></body></html>`

const ABORT = '<form method="post" action="/abort"><button id="abort">Cancel</button></form>'

const CONSENT_PAGE = `<title>Consent</title>${ABORT}<form method="post" action="/consent">
  <button id="consent-submit" name="decision" value="allow">Yes</button></form>`

const SECOND_FACTOR = `<title>Second factor</title>${ABORT}<form method="post" action="/second">
  <button id="second-factor-submit">It is me</button></form>`

const redirect =
  (location: string, ...cookies: string[]): Answer =>
  (response) => {
    response.writeHead(303, { location, 'set-cookie': cookies }).end()
  }
const page =
  (html: string, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'text/html' }).end(html)
  }

const HONEST: Readonly<Record<string, Answer>> = {
  '/authorize': redirect(
    '/interaction',
    'session=s-1; Path=/; HttpOnly',
    'old=1; Path=/; Max-Age=0',
  ),
  '/interaction': page(ABORT + loginPage()),
  '/login': redirect('/authorize/resume', 'login=l-1; Path=/login', 'resume=r-1; Path=/authorize'),
  '/authorize/resume': page(CONSENT_PAGE),
  '/abort': redirect(`${redirectUri}?error=access_denied&state=2`),
  '/consent': redirect(`${redirectUri}?code=1&state=2`),
}

let answers: Record<string, Answer>
let seen: Seen[]
let origin: string
let server: ReturnType<typeof createServer>

beforeEach(async () => {
  answers = { ...HONEST }
  seen = []
  server = createServer((request, response) => void answer(request, response))
  origin = `http://127.0.0.1:${await listening(server)}`
})
afterEach(() => {
  server.close()
  server.closeAllConnections()
})

async function answer(request: IncomingMessage, response: ServerResponse) {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  const { method = '', url = '', headers } = request
  const entry = { method, url, cookie: headers.cookie ?? '', body }
  seen.push(entry)
  const path = new URL(url, origin).pathname
  const known = answers[path] ?? ((unknown) => unknown.writeHead(404).end())
  known(response, entry)
}

const approved = () => approve(`${origin}/authorize`, visit)

describe('the user', () => {
  it('logs in, consents and comes back with the response', async () => {
    expect((await approved()).href).toBe(`${redirectUri}?code=1&state=2`)
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /authorize',
      'GET /interaction',
      'POST /login?x=1&y=2',
      'GET /authorize/resume',
      'POST /consent',
    ])
    expect(seen.map(({ cookie }) => cookie)).toEqual([
      '',
      'session=s-1',
      'session=s-1',
      'resume=r-1; session=s-1',
      'session=s-1',
    ])
  })

  it('shows a second factor, where one is asked for', async () => {
    answers['/authorize/resume'] = page(SECOND_FACTOR)
    answers['/second'] = page(CONSENT_PAGE)
    expect((await approved()).href).toBe(`${redirectUri}?code=1&state=2`)
    expect(seen.map(({ method, url }) => `${method} ${url}`).slice(-2)).toEqual([
      'POST /second',
      'POST /consent',
    ])
  })

  it('sends the form as it is, with login and password, and the button that was pressed', async () => {
    await approved()
    expect(Object.fromEntries(new URLSearchParams(seen[2]?.body))).toEqual({
      csrf: 'a"b&c',
      login: 'alice',
      password: 'doe',
      terms: 'on',
    })
    expect(seen[4]?.body).toBe('decision=allow')
  })

  it('denies where consent is asked for, after the login', async () => {
    const url = await deny(`${origin}/authorize`, visit)
    expect(url.searchParams.get('error')).toBe('access_denied')
    expect(seen.map((entry) => entry.url).slice(2)).toEqual([
      '/login?x=1&y=2',
      '/authorize/resume',
      '/abort',
    ])
  })

  it('RFC8628-3.3: with a device’s code, sends it on, says it is theirs, and ends at a page without a question', async () => {
    const form = (action: string, button: string) =>
      page(`<form method="post" action="${action}"><button id="${button}"></form>`)
    answers['/device'] = (response, entry) =>
      (entry.method === 'GET'
        ? form('/device', 'user-code-submit')
        : form('/confirm', 'device-confirm'))(response, entry)
    answers['/confirm'] = redirect('/interaction')
    answers['/consent'] = page('<title>Done</title>')
    await approveDevice(`${origin}/device?user_code=BCDF-GHJK`, { fetch: fetchOnce, user })
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /device?user_code=BCDF-GHJK',
      'POST /device',
      'POST /confirm',
      'GET /interaction',
      'POST /login?x=1&y=2',
      'GET /authorize/resume',
      'POST /consent',
    ])
    answers['/consent'] = page('<title>Refused</title>', 403)
    await expect(
      approveDevice(`${origin}/device`, { fetch: fetchOnce, user }),
    ).rejects.toMatchObject({ code: 'UNKNOWN_PAGE' })
  })

  it('needs no login where there is a session, and no consent where it was given', async () => {
    answers['/interaction'] = redirect(`${redirectUri}?code=3`)
    expect((await approved()).search).toBe('?code=3')
  })

  it('fills forms of method GET into the query', async () => {
    const form = CONSENT_PAGE.replace('method="post" action="/consent"', 'action="/consent?lost=1"')
    answers['/authorize/resume'] = page(form)
    await approved()
    expect(seen[4]).toMatchObject({ method: 'GET', url: '/consent?decision=allow' })
  })

  it('stays logged in from one visit to the next, where it keeps its cookies, and logs out', async () => {
    const cookies = cookieJar()
    await approve(`${origin}/authorize`, { ...visit, cookies })
    const confirm = `<form method="post" action="/logout/confirm"><input name="xsrf" value="1">
      <button id="logout-submit" name="logout" value="yes">Sign out</button></form>`
    answers['/logout'] = page(confirm)
    answers['/logout/confirm'] = redirect('https://client.example/bye')
    const leaving = { fetch: fetchOnce, cookies, redirectUri: 'https://client.example/bye' }
    expect((await signOut(`${origin}/logout`, leaving)).pathname).toBe('/bye')
    expect(seen.at(-1)).toMatchObject({ cookie: 'session=s-1', body: 'xsrf=1&logout=yes' })
  })

  it('forgets a cookie that is taken back, and starts each visit without any', async () => {
    answers['/login'] = redirect(
      '/authorize/resume',
      'session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    )
    await approved()
    await approved()
    expect(seen[3]?.cookie).toBe('')
    expect(seen[5]?.cookie).toBe('')
  })
})

describe('refused is', () => {
  const errorPage = '<title>Oops\u{1B}[31m &lt;no&gt;</title><p>very secret details</p>'

  it('a page that is not known: with its title and status, without its text', async () => {
    answers['/interaction'] = page(errorPage, 400)
    await expect(approved()).rejects.toMatchObject({
      name: 'UserAgentError',
      code: 'UNKNOWN_PAGE',
      message: `this page is not known: ${origin}/interaction (400, “Oops [31m <no>”)`,
    })
  })

  it('a login form without its inputs', async () => {
    answers['/interaction'] = page(loginPage().replace("name='login'", "name='email'"))
    await expect(approved()).rejects.toMatchObject({ code: 'UNKNOWN_PAGE' })
  })

  it('a login that is asked for again', async () => {
    answers['/login'] = page(loginPage())
    const error: unknown = await approved().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'PAGE_CAME_BACK' })
    expect(String(error)).not.toContain('doe')
  })

  it('a form that goes to another origin', async () => {
    answers['/interaction'] = page(loginPage().replace('/login?', 'https://attacker.example/?'))
    await expect(approved()).rejects.toMatchObject({ code: 'FOREIGN_FORM' })
  })

  it.each([307, 308])('RFC9700-4.12: a password that is to be posted on by %i', async (status) => {
    answers['/login'] = (response) => response.writeHead(status, { location: '/next' }).end()
    await expect(approved()).rejects.toMatchObject({ code: 'REPEATED_POST' })
  })

  it('a redirect loop', async () => {
    answers['/interaction'] = redirect('/authorize')
    await expect(approved()).rejects.toMatchObject({ code: 'TOO_MANY_STEPS' })
    expect(seen).toHaveLength(20)
  })

  it('a redirect to something that only begins like the redirect URI', async () => {
    answers['/consent'] = redirect(`${origin}/callback-of-others`)
    await expect(approved()).rejects.toMatchObject({ code: 'UNKNOWN_PAGE' })
  })
})
