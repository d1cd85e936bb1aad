import { type CheckOf, quote } from '../row.ts'

export const authorizationDetails: CheckOf<'token'> = (
  { token },
  { authorizationDetails: type },
) => {
  if (type === undefined) return undefined
  const value = token.claims['authorization_details']
  const details: readonly unknown[] = Array.isArray(value) ? value : []
  const types = details.map((detail): unknown => Object(detail).type)
  return types.includes(type) ? undefined : { expected: type, actual: quote(types) }
}
