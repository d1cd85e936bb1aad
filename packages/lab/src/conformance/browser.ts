/**
 * What the suite's own browser does with our pages. Tasks are steps in order; each is skipped where
 * the browser is not on a page that it names, so that one list serves modules that end with an error
 * page as well. A pattern names the host, or it would match a redirect URI inside of another URL.
 */
import type { User } from '@holdfast/authorization-server'

interface Task {
  readonly task: string
  readonly match: string
  readonly optional: true
  readonly commands: readonly (readonly (string | number)[])[]
}

export interface Visit {
  readonly match: string
  /** How often it may be made; then the next one counts. */
  readonly 'match-limit'?: number
  readonly tasks: readonly Task[]
}

interface Pages {
  readonly issuer: string
  /** Where the suite waits for the authorization response. */
  readonly callback: string
  readonly user: Pick<User, 'login' | 'password'>
}

/** Seconds in which a page must be there. */
const PATIENCE = 10

export function browserAt({ issuer, callback, user }: Pages) {
  const interaction = `${issuer}/interaction/*`
  const authorize = `${issuer}/authorize*`
  const step = (task: string, match: string, ...commands: Task['commands']): Task => ({
    task,
    match,
    optional: true,
    commands,
  })
  const visit = (...tasks: readonly Task[]): Visit => ({ match: authorize, tasks })

  const signIn = step(
    'sign in',
    interaction,
    ['text', 'id', 'login', user.login, 'optional'],
    ['text', 'id', 'password', user.password, 'optional'],
    ['click', 'id', 'login-submit', 'optional'],
  )
  const allow = step('allow', interaction, ['click', 'id', 'consent-submit', 'optional'])
  const errorPage = step(
    'see the error page',
    authorize,
    // oxfmt-ignore
    ['wait', 'id', 'error', PATIENCE, '.*', 'update-image-placeholder-optional'],
  )
  const arrive = step('arrive', `${callback}*`, ['wait', 'id', 'submission_complete', PATIENCE])
  const usual = visit(signIn, allow, errorPage, arrive)

  return {
    browser: [usual],
    override: {
      'fapi2-security-profile-final-user-rejects-authentication': {
        browser: [visit(step('refuse', interaction, ['click', 'id', 'abort']), arrive)],
      },
      // The first visit looks at the page and goes away (FAPI 2.0 SP §5.3.2.2, note 3).
      'fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds':
        {
          browser: [
            {
              ...visit(step('look', interaction, ['wait', 'id', 'login', PATIENCE])),
              'match-limit': 1,
            },
            usual,
          ],
        },
    },
  }
}
