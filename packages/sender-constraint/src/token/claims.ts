import { type CheckOf, quote } from '../row.ts'

const STRINGS = ['iss', 'sub', 'client_id', 'jti']
const NUMBERS = ['exp', 'iat']

export const claims: CheckOf<'jwt'> = ({ token }) => {
  const wrong =
    STRINGS.find((name) => typeof token.claims[name] !== 'string') ??
    NUMBERS.find((name) => !Number.isFinite(token.claims[name])) ??
    (token.claims['aud'] === undefined ? 'aud' : undefined)
  return wrong ? { expected: `a claim ${wrong}`, actual: quote(token.claims[wrong]) } : undefined
}
