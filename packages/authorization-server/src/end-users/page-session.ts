import { randomBytes } from 'node:crypto'
import { Router } from '@koa/router'
import type { Records } from '@holdfast/store'
import type { Context } from 'koa'
import { readForm, refuseForeignForm, seeOther } from '../http/form.ts'
import { logIn } from './login.ts'
import type { AuthenticationLimits } from '../operations/limits.ts'
import { note } from '../operations/notes.ts'
import { show } from '../pages/layout.ts'
import { loginPage } from '../pages/login.ts'
import { hashed } from '../records/once.ts'
import { seconds } from '../vocabulary/time.ts'
import { findAccount, isLoggedIn, loginOf } from './users.ts'

const COOKIE = '__Host-pages'
const KIND = 'PageSession'

/** Seconds for which an end-user stays logged in on these pages. */
const STAY = 300

interface Foundations {
  readonly records: Records
  readonly limits: AuthenticationLimits
}

export interface EndUser {
  readonly sub: string
  readonly login: string
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

  /**
   * Such a page: it has what signs end-users in and out, and takes no form from elsewhere. What is
   * `signedIn` is served to whoever has signed in; everybody else is asked to.
   */
  at(place: Place) {
    const { path } = place
    const router = new Router()
    router.use(path, (ctx, next) => {
      refuseForeignForm(ctx)
      return next()
    })
    router.post(`${path}/login`, (ctx) => this.#login(ctx, place))
    router.post(`${path}/abort`, async (ctx) => {
      const sub = await this.#subject(ctx)
      if (sub !== undefined) note(ctx, { subject: sub })
      await this.end(ctx)
      seeOther(ctx, path)
    })
    const signedIn =
      (serve: (ctx: Context, user: EndUser) => Promise<void>) =>
      async (ctx: Context): Promise<void> => {
        const sub = await this.#subject(ctx)
        if (sub !== undefined) await serve(ctx, { sub, login: await loginOf(this.#records, sub) })
        else if (ctx.method === 'GET') askToSignIn(ctx, place)
        else seeOther(ctx, path)
      }
    return { router, signedIn }
  }

  async #login(ctx: Context, place: Place): Promise<void> {
    const form = await readForm(ctx)
    const sub = await logIn(ctx, form, this.#foundations)
    if (sub === undefined) {
      const login = form.get('login') ?? ''
      askToSignIn(ctx, place, { login, message: 'Login or password is wrong.' })
    } else {
      await this.#begin(ctx, sub)
      seeOther(ctx, place.path)
    }
  }

  async #subject(ctx: Context): Promise<string | undefined> {
    const token = ctx.cookies.get(COOKIE)
    const session = token === undefined ? undefined : await this.#records.find(KIND, hashed(token))
    const { sub, at, expiresAt } = session?.payload ?? {}
    if (typeof sub !== 'string' || Number(expiresAt) <= Date.now()) return undefined
    return isLoggedIn(await findAccount(this.#records, sub), Number(at)) ? sub : undefined
  }

  async end(ctx: Context): Promise<void> {
    const token = ctx.cookies.get(COOKIE)
    if (token !== undefined) await this.#records.remove(KIND, hashed(token))
    ctx.cookies.set(COOKIE, null)
  }

  async #begin(ctx: Context, sub: string): Promise<void> {
    const token = randomBytes(32).toString('base64url')
    const expiresAt = Date.now() + STAY * 1_000
    const payload = { sub, at: seconds(), expiresAt } // a store may keep a record a little longer
    await this.#records.add({ kind: KIND, id: hashed(token), payload, expiresAt })
    ctx.cookies.set(COOKIE, token, {
      httpOnly: true,
      sameSite: 'strict',
      secure: true,
      maxAge: STAY * 1_000,
      signed: false,
    })
  }
}

const askToSignIn = (
  ctx: Context,
  { path, purpose }: Place,
  tried: { readonly login: string; readonly message?: string } = { login: '' },
): void => show(ctx, loginPage({ path, client: purpose, ...tried, isOwn: true }))
