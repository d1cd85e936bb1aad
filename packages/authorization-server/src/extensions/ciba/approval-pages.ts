import { Router } from '@koa/router'
import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import type { Approvals, Decision } from './approvals.ts'
import { approvals as path } from '../../vocabulary/endpoints.ts'
import { readForm } from '../../http/form.ts'
import { note } from '../../operations/notes.ts'
import type { PageSession } from '../../end-users/page-session.ts'
import { approvalsPage } from './page.ts'
import { show } from '../../pages/layout.ts'

const PLACE = { path, purpose: 'the requests for you' }

/** The other device of CIBA: where end-users log in and decide. */
export class ApprovalPages {
  readonly #approvals: Approvals
  readonly #session: PageSession

  constructor(approvals: Approvals, session: PageSession) {
    this.#approvals = approvals
    this.#session = session
  }

  routes() {
    const router = new Router()
    this.#session.serve(router, PLACE)
    router.get(path, async (ctx) => {
      const sub = await this.#session.subject(ctx, PLACE)
      if (sub !== undefined) await this.#list(ctx, sub)
    })
    router.post(`${path}/:id`, async (ctx) => {
      const sub = await this.#session.subject(ctx, PLACE)
      if (sub !== undefined) await this.#decide(ctx, sub)
    })
    return router.routes()
  }

  async #list(ctx: Context, sub: string, message?: string): Promise<void> {
    show(ctx, approvalsPage(await this.#approvals.waitingFor(sub), message))
  }

  async #decide(ctx: Context, sub: string): Promise<void> {
    const decision = (await readForm(ctx)).get('decision')
    if (!isDecision(decision)) throw new errors.InvalidRequest('a decision is allow or deny')
    note(ctx, { subject: sub })
    await this.#approvals.decideAt(ctx.path, sub, decision)
    if (decision === 'deny') note(ctx, { error: 'access_denied', reason: 'the end-user refused' })
    await this.#list(ctx, sub, decision === 'allow' ? 'Allowed.' : 'Denied.')
  }
}

const isDecision = (value: unknown): value is Decision => value === 'allow' || value === 'deny'
