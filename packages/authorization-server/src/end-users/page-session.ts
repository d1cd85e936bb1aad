import { hash, randomBytes } from 'node:crypto'
import type { Router } from '@koa/router'
import type { Records } from '@holdfast/store'
import type { Context } from 'koa'
import { readForm, refuseForeignForm } from '../http/form.ts'
import { logIn } from './login.ts'
import type { AuthenticationLimits } from '../operations/limits.ts'
import { show } from '../pages/layout.ts'
import { loginPage } from '../pages/login.ts'

const COOKIE = '__Host-pages'
const KIND = 'PageSession'

/** Seconds for which an end-user stays logged in on these pages. */
const STAY = 300

interface Foundations {
  readonly records: Records
  readonly limits: AuthenticationLimits
}

/** A page that is for end-users alone, and what they sign in for there. */
interface Place {
  readonly path: string
  readonly purpose: string
}

/**
 * Who looks at the pages to which no client has sent them: requests that wait for a decision (CIBA),
 * applications that have access. The session is their own and short, and no request from another
 * site carries it (SameSite=Strict); a form from another port of this host is refused.
 */
export class PageSession {
  readonly #foundations: Foundations
  readonly #records: Records

  constructor(foundations: Foundations) {
    this.#foundations = foundations
    this.#records = foundations.records
  }

  /** Adds what each such page has: signing in, leaving, and no form from elsewhere. */
  serve(router: Router, { path, purpose }: Place): void {
    router.use(path, (ctx, next) => {
      refuseForeignForm(ctx)
      return next()
    })
    router.post(`${path}/login`, async (ctx) => {
      const form = await readForm(ctx)
      const sub = await logIn(ctx, form, this.#foundations)
      const login = form.get('login') ?? ''
      const message = 'Login or password is wrong.'
      if (sub === undefined)
        return show(ctx, loginPage({ path, client: purpose, login, message, isOwn: true }))
      await this.#begin(ctx, sub)
      seeOther(ctx, path)
    })
    router.post(`${path}/abort`, async (ctx) => {
      await this.end(ctx)
      seeOther(ctx, path)
    })
  }

  /** The subject of whoever is signed in; otherwise they are asked to. */
  async subject(ctx: Context, { path, purpose }: Place): Promise<string | undefined> {
    const token = ctx.cookies.get(COOKIE)
    const session = token === undefined ? undefined : await this.#records.find(KIND, idOf(token))
    const { sub, expiresAt } = session?.payload ?? {}
    if (typeof sub === 'string' && Number(expiresAt) > Date.now()) return sub
    if (ctx.method === 'GET')
      show(ctx, loginPage({ path, client: purpose, login: '', isOwn: true }))
    else seeOther(ctx, path)
    return undefined
  }

  async end(ctx: Context): Promise<void> {
    const token = ctx.cookies.get(COOKIE)
    if (token !== undefined) await this.#records.remove(KIND, idOf(token))
    ctx.cookies.set(COOKIE, null)
  }

  async #begin(ctx: Context, sub: string): Promise<void> {
    const token = randomBytes(32).toString('base64url')
    const expiresAt = Date.now() + STAY * 1_000
    const payload = { sub, expiresAt } // a store may keep a record a little longer
    await this.#records.add({ kind: KIND, id: idOf(token), payload, expiresAt })
    ctx.cookies.set(COOKIE, token, {
      httpOnly: true,
      sameSite: 'strict',
      secure: true,
      maxAge: STAY * 1_000,
      signed: false,
    })
  }
}

/** The store holds no token that would be good for anything. */
const idOf = (token: string): string => hash('sha256', token, 'base64url')

function seeOther(ctx: Context, path: string): void {
  ctx.status = 303
  ctx.redirect(path)
}
