import { authorizationDetailsOf } from '../src/index.ts'
import { type Context, notConsented, readText } from './context.ts'

/** The consent to a payment says how much goes to whom, as the payment itself does. */
export const ONE_PAYMENT = { authorizationDetails: 'payment_initiation' } as const

export async function payments(ctx: Context): Promise<void> {
  const payment = parse(await readText(ctx))
  const terms = termsOf(payment)
  if (!terms.every((term) => typeof term === 'string')) {
    const description =
      'A payment is JSON with instructedAmount (currency, amount), creditorName and creditorAccount (iban).'
    ctx.status = 400
    ctx.body = { error: 'invalid_request', error_description: description }
    return
  }
  const { claims } = ctx.state.token
  const consented = authorizationDetailsOf(claims, ONE_PAYMENT.authorizationDetails)
  const same = consented.some((detail) =>
    termsOf(detail).every((term, index) => term === terms[index]),
  )
  if (!same) return notConsented(ctx, 'The end-user has not consented to this payment.')
  const [currency, amount, creditorName, iban] = terms
  ctx.status = 201
  ctx.body = {
    status: 'accepted',
    instructedAmount: { currency, amount },
    creditorName,
    creditorAccount: { iban },
    cnf: claims['cnf'],
  }
}

/** What has to be the same: anything else in either is no matter of consent. */
function termsOf(payment: unknown): readonly unknown[] {
  const { instructedAmount, creditorName, creditorAccount } = Object(payment)
  const { currency, amount } = Object(instructedAmount)
  return [currency, amount, creditorName, Object(creditorAccount).iban]
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
