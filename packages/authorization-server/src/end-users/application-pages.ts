import type { Context } from 'koa'
import { note } from '../operations/notes.ts'
import { readForm } from '../http/form.ts'
import { applicationsPage } from '../pages/applications.ts'
import { show } from '../pages/layout.ts'
import { applications as path } from '../vocabulary/endpoints.ts'
import type { Applications } from './applications.ts'
import type { EndUser, PageSession } from './page-session.ts'

/** Where end-users see who has access, and withdraw it. */
export function applicationPages(applications: Applications, session: PageSession) {
  const { router, signedIn } = session.at({ path, purpose: 'the applications that have access' })
  const list = async (ctx: Context, { sub, login: user }: EndUser, message?: string) =>
    show(ctx, applicationsPage(await applications.of(sub), { user, message }))
  router.get(path, signedIn(list))
  router.post(
    `${path}/withdrawal`,
    signedIn(async (ctx, user) => {
      const client = (await readForm(ctx)).get('client_id') ?? ''
      note(ctx, { subject: user.sub, client })
      await applications.withdraw(user.sub, client)
      await list(ctx, user, 'Access is withdrawn. Its tokens are good for nothing any more.')
    }),
  )
  return router.routes()
}
