import type { Records } from '@holdfast/store'
import { errors } from 'oidc-provider'
import { once } from './once.ts'

/** Seconds. */
const MARGIN = 60

/**
 * What an end-user decided about a request of another device is decided once, on all nodes together:
 * a second decision would make what was redeemed meanwhile good again.
 *
 * @param id of the request
 * @param life seconds for which it can still be redeemed
 * @throws errors.InvalidRequest
 */
export async function decideOnce(records: Records, id: string, life: number): Promise<void> {
  const expiresAt = Date.now() + (life + MARGIN) * 1_000
  if (!(await once(records, { kind: 'Decision', id, expiresAt })))
    throw new errors.InvalidRequest('this request was decided before')
}
