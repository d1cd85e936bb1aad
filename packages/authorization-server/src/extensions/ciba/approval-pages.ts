import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import type { EndUser, PageSession } from '../../end-users/page-session.ts'
import { readForm } from '../../http/form.ts'
import { note } from '../../operations/notes.ts'
import { show } from '../../pages/layout.ts'
import { approvals as path } from '../../vocabulary/endpoints.ts'
import type { Approvals, Decision } from './approvals.ts'
import { approvalsPage } from './page.ts'

/** The other device of CIBA: where end-users log in and decide. */
export function approvalPages(approvals: Approvals, session: PageSession) {
  const { router, signedIn } = session.at({ path, purpose: 'the requests for you' })
  const list = async (ctx: Context, { sub, login: user }: EndUser, message?: string) =>
    show(ctx, approvalsPage(await approvals.waitingFor(sub), { user, message }))

  router.get(path, signedIn(list))
  router.post(
    `${path}/:id`,
    signedIn(async (ctx, user) => {
      const decision = (await readForm(ctx)).get('decision')
      if (!isDecision(decision)) throw new errors.InvalidRequest('a decision is allow or deny')
      note(ctx, { subject: user.sub })
      const { client, grant } = await approvals.decideAt(ctx.path, user.sub, decision)
      note(ctx, { client, ...(grant !== undefined && { grant }) })
      if (decision === 'deny') note(ctx, { error: 'access_denied', reason: 'the end-user refused' })
      await list(ctx, user, decision === 'allow' ? 'Allowed.' : 'Denied.')
    }),
  )
  return router.routes()
}

const isDecision = (value: unknown): value is Decision => value === 'allow' || value === 'deny'
