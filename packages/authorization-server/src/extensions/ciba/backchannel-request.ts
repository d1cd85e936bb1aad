import type { Records } from '@holdfast/store'
import { errors } from 'oidc-provider'
import type { BackchannelAuthenticationRequest } from 'oidc-provider'
import type { Configuration } from '../../configuration/configuration.ts'

/** Letters, digits, punctuation, symbols and blanks of any script: what a page can show as it is. */
const BINDING_MESSAGE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,64}$/u

/**
 * FAPICIBA-5.2.2-2.
 *
 * @throws errors.InvalidRequest, errors.InvalidBindingMessage
 */
export function checkBindingMessage(message: string | undefined): void {
  if (message === undefined) throw new errors.InvalidRequest('binding_message is required')
  if (!BINDING_MESSAGE.test(message))
    throw new errors.InvalidBindingMessage('binding_message is 1 to 64 printable characters')
}

/** The end-user with this login. `undefined` becomes unknown_user_id. */
export const subjectOf = async (
  records: Records,
  login: string | undefined,
): Promise<string | undefined> =>
  login === undefined ? undefined : (await records.findByIndex('User', login))?.id

/** Seconds for which the end-user may take their time: as asked, up to what is configured. */
export const authenticationLife = (
  requestedExpiry: unknown,
  { lifetimes: { authenticationRequest: most } }: Configuration,
): number => Math.min(Number(requestedExpiry ?? most), most)

/** Whether the end-user has neither decided nor taken too long. */
export const isWaiting = ({
  grantId,
  error,
  isExpired,
}: BackchannelAuthenticationRequest): boolean => !grantId && error === undefined && !isExpired
