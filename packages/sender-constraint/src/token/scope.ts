import { type CheckOf, quote } from '../row.ts'

export const scope: CheckOf<'token'> = ({ token }, { scopes }) => {
  const value = token.claims['scope']
  const granted = typeof value === 'string' ? value.split(' ') : []
  const missing = scopes.filter((name) => !granted.includes(name))
  return missing.length > 0 ? { expected: scopes.join(' '), actual: quote(value) } : undefined
}
