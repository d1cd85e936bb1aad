import type { CheckOf } from '../row.ts'

export const confirmable: CheckOf<'token'> = ({ token }) =>
  token.confirmation.malformed
    ? { expected: 'jkt or x5t#S256: base64url of 32 bytes', actual: token.confirmation.malformed }
    : undefined
