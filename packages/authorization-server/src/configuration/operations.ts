import { isLoopback } from '../vocabulary/loopback.ts'
import { members, seconds, wholeNumber } from './values.ts'
import type { Limit } from '../operations/failures.ts'
import type { FailureLimits } from '../operations/limits.ts'

const DAY = 86_400

/** Where none is given. */
const FAILURES: FailureLimits = {
  client: { most: 60, within: 60 },
  clients: { most: 600, within: 60 },
  login: { most: 10, within: 300 },
  logins: { most: 100, within: 300 },
  loginAnywhere: { most: 100, within: 300 },
  userCodes: { most: 20, within: 300 },
}

/** @throws ConfigurationError */
export function failures(value: unknown): FailureLimits {
  const given = members('failures', value, Object.keys(FAILURES))
  const read = (name: keyof FailureLimits): Limit => {
    const key = `failures.${name}`
    const { most, within } = members(key, given[name] ?? FAILURES[name], ['most', 'within'])
    return {
      most: wholeNumber(`${key}.most`, most, { least: 1, most: 1_000_000, of: 'failures' }),
      within: seconds(`${key}.within`, within, { most: DAY }),
    }
  }
  return {
    client: read('client'),
    clients: read('clients'),
    login: read('login'),
    logins: read('logins'),
    loginAnywhere: read('loginAnywhere'),
    userCodes: read('userCodes'),
  }
}

/**
 * Two years where none is given. It holds for a host on all its ports: for localhost it would reach
 * whatever else is developed there, such as the lab's console.
 *
 * @throws ConfigurationError
 */
export function hsts(value: unknown, issuer: string): number {
  const most = isLoopback(new URL(issuer)) ? 0 : 2 * 365 * DAY
  return wholeNumber('hsts', value ?? most, { least: 0, most, of: 'seconds' })
}
