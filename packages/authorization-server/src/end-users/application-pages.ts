import { note } from '../operations/notes.ts'
import { readForm } from '../http/form.ts'
import { applicationsPage } from '../pages/applications.ts'
import { show } from '../pages/layout.ts'
import { applications as path } from '../vocabulary/endpoints.ts'
import type { Applications } from './applications.ts'
import type { PageSession } from './page-session.ts'

/** Where end-users see who has access, and withdraw it. */
export function applicationPages(applications: Applications, session: PageSession) {
  const { router, signedIn } = session.at({ path, purpose: 'the applications that have access' })
  router.get(
    path,
    signedIn(async (ctx, sub) => show(ctx, applicationsPage(await applications.of(sub)))),
  )
  router.post(
    `${path}/withdrawal`,
    signedIn(async (ctx, sub) => {
      const client = (await readForm(ctx)).get('client_id') ?? ''
      note(ctx, { subject: sub, client })
      await applications.withdraw(sub, client)
      const message = 'Access is withdrawn. Its tokens are good for nothing any more.'
      show(ctx, applicationsPage(await applications.of(sub), message))
    }),
  )
  return router.routes()
}
