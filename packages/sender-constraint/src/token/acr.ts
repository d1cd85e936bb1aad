import { type CheckOf, quote } from '../row.ts'

export const acr: CheckOf<'token'> = ({ token }, { acrValues = [] }) => {
  const value = token.claims['acr']
  return acrValues.length === 0 || acrValues.some((one) => one === value)
    ? undefined
    : { expected: acrValues.join(' or '), actual: quote(value) }
}
