import type { ConfirmationMethod } from '../policy.ts'
import type { CheckOf } from '../row.ts'
import type { Confirmation } from './confirmation.ts'

/**
 * A token without `cnf` is a bearer token and is refused, always. So is one that is constrained only
 * by methods that are off here, for nobody would check it; and one with a second method that is off,
 * since `cnf` names one key (RFC 7800 §3.1) and half a proof of it is none.
 */
export const constrained: CheckOf<'token'> = ({ token }, { methods, require }) => {
  const named = methodsOf(token.confirmation)
  const off = named.filter((method) => !methods.includes(method))
  const missing = require === 'all' ? methods.filter((method) => !named.includes(method)) : []
  if (named.length > 0 && off.length === 0 && missing.length === 0) return undefined
  return {
    expected: `cnf for ${require === 'all' ? 'all' : 'one'} of ${methods.join(', ')}`,
    actual: named.length > 0 ? `cnf for ${named.join(' and ')}` : 'no cnf that we know',
  }
}

const methodsOf = ({ jkt, x5t }: Confirmation): readonly ConfirmationMethod[] => [
  ...(jkt === undefined ? [] : (['dpop'] as const)),
  ...(x5t === undefined ? [] : (['mtls'] as const)),
]
