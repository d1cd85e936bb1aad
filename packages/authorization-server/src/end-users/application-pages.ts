import { Router } from '@koa/router'
import type { Context } from 'koa'
import type { Applications } from './applications.ts'
import { applications as path } from '../vocabulary/endpoints.ts'
import { readForm } from '../http/form.ts'
import { note } from '../operations/notes.ts'
import type { PageSession } from './page-session.ts'
import { applicationsPage } from '../pages/applications.ts'
import { show } from '../pages/layout.ts'

const PLACE = { path, purpose: 'the applications that have access' }

/** Where end-users see who has access, and withdraw it. */
export class ApplicationPages {
  readonly #applications: Applications
  readonly #session: PageSession

  constructor(applications: Applications, session: PageSession) {
    this.#applications = applications
    this.#session = session
  }

  routes() {
    const router = new Router()
    this.#session.serve(router, PLACE)
    router.get(path, async (ctx) => {
      const sub = await this.#session.subject(ctx, PLACE)
      if (sub !== undefined) show(ctx, applicationsPage(await this.#applications.of(sub)))
    })
    router.post(`${path}/withdrawal`, async (ctx) => {
      const sub = await this.#session.subject(ctx, PLACE)
      if (sub !== undefined) await this.#withdraw(ctx, sub)
    })
    return router.routes()
  }

  async #withdraw(ctx: Context, sub: string): Promise<void> {
    const client = (await readForm(ctx)).get('client_id') ?? ''
    note(ctx, { subject: sub, client })
    await this.#applications.withdraw(sub, client)
    const message = 'Access is withdrawn. Its tokens are good for nothing any more.'
    show(ctx, applicationsPage(await this.#applications.of(sub), message))
  }
}
