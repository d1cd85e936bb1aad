import type { CheckOf } from '../row.ts'
import type { Confirmation } from './confirmation.ts'

const formed =
  (part: Confirmation['malformed'], expected: string): CheckOf<'token'> =>
  ({ token }) =>
    token.confirmation.malformed === part ? { expected, actual: 'something else' } : undefined

export const confirmable = formed('cnf', 'an object in cnf')

// A member that we know and cannot read is not ignored as an unknown one is: it names a key.
export const x5tForm = formed('x5t#S256', 'base64url of 32 bytes in x5t#S256')
export const jktForm = formed('jkt', 'base64url of 32 bytes in jkt')
