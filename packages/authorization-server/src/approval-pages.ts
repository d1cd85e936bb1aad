import { hash, randomBytes } from 'node:crypto'
import { Router } from '@koa/router'
import type { Records } from '@holdfast/store'
import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import type { Approvals, Decision } from './approvals.ts'
import { approvals as path } from './endpoints.ts'
import { readForm, refuseForeignForm } from './form.ts'
import { logIn } from './login.ts'
import type { AuthenticationLimits } from './operations/limits.ts'
import { note } from './operations/notes.ts'
import { approvalsPage } from './pages/approvals.ts'
import { show } from './pages/layout.ts'
import { loginPage } from './pages/login.ts'

const COOKIE = '__Host-approvals'

/** Seconds for which an end-user stays logged in on these pages. */
const STAY = 300

interface Foundations {
  readonly records: Records
  readonly limits: AuthenticationLimits
}

/**
 * The other device of CIBA: where end-users log in and decide. Its session is its own and short, and
 * no other site's request carries it (SameSite=Strict).
 */
export class ApprovalPages {
  readonly #approvals: Approvals
  readonly #foundations: Foundations
  readonly #records: Records

  constructor(approvals: Approvals, foundations: Foundations) {
    this.#approvals = approvals
    this.#foundations = foundations
    this.#records = foundations.records
  }

  routes() {
    const router = new Router()
    router.use(path, (ctx, next) => {
      refuseForeignForm(ctx)
      return next()
    })
    router.get(path, async (ctx) => this.#list(ctx, await this.#subject(ctx)))
    router.post(`${path}/login`, (ctx) => this.#login(ctx))
    router.post(`${path}/abort`, (ctx) => this.#leave(ctx))
    router.post(`${path}/:id`, async (ctx) => this.#decide(ctx, await this.#subject(ctx)))
    return router.routes()
  }

  async #list(ctx: Context, sub: string | undefined, message?: string): Promise<void> {
    if (sub === undefined) return showLogin(ctx, '')
    show(ctx, approvalsPage(await this.#approvals.waitingFor(sub), message))
  }

  async #login(ctx: Context): Promise<void> {
    const form = await readForm(ctx)
    const login = form.get('login') ?? ''
    const sub = await logIn(ctx, form, this.#foundations)
    if (sub === undefined) return showLogin(ctx, login, 'Login or password is wrong.')
    const token = randomBytes(32).toString('base64url')
    const expiresAt = Date.now() + STAY * 1_000
    const payload = { sub, expiresAt } // a store may keep a record a little longer
    await this.#records.add({ kind: 'ApprovalSession', id: idOf(token), payload, expiresAt })
    ctx.cookies.set(COOKIE, token, {
      httpOnly: true,
      sameSite: 'strict',
      secure: true,
      maxAge: STAY * 1_000,
      signed: false,
    })
    seeOther(ctx)
  }

  async #leave(ctx: Context): Promise<void> {
    const token = ctx.cookies.get(COOKIE)
    if (token !== undefined) await this.#records.remove('ApprovalSession', idOf(token))
    ctx.cookies.set(COOKIE, null)
    seeOther(ctx)
  }

  async #decide(ctx: Context, sub: string | undefined): Promise<void> {
    if (sub === undefined) return seeOther(ctx)
    const decision = (await readForm(ctx)).get('decision')
    if (!isDecision(decision)) throw new errors.InvalidRequest('a decision is allow or deny')
    note(ctx, { subject: sub })
    await this.#approvals.decideAt(ctx.path, sub, decision)
    if (decision === 'deny') note(ctx, { error: 'access_denied', reason: 'the end-user refused' })
    await this.#list(ctx, sub, decision === 'allow' ? 'Allowed.' : 'Denied.')
  }

  async #subject(ctx: Context): Promise<string | undefined> {
    const token = ctx.cookies.get(COOKIE)
    if (token === undefined) return undefined
    const session = await this.#records.find('ApprovalSession', idOf(token))
    const { sub, expiresAt } = session?.payload ?? {}
    return typeof sub === 'string' && Number(expiresAt) > Date.now() ? sub : undefined
  }
}

const isDecision = (value: unknown): value is Decision => value === 'allow' || value === 'deny'

/** The store holds no token that would be good for anything. */
const idOf = (token: string): string => hash('sha256', token, 'base64url')

const showLogin = (ctx: Context, login: string, message?: string): void =>
  show(
    ctx,
    loginPage({
      path,
      client: 'the requests for you',
      login,
      ...(message !== undefined && { message }),
    }),
  )

function seeOther(ctx: Context): void {
  ctx.status = 303
  ctx.redirect(path)
}
