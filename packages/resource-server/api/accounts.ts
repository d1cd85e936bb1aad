import { authorizationDetailsOf } from '../src/index.ts'
import { type Context, notConsented } from './context.ts'

const ACCOUNTS = [
  { id: 'NL00HOLD0000000001', name: 'Current account', balance: '1204.50', currency: 'EUR' },
  { id: 'NL00HOLD0000000002', name: 'Savings', balance: '8800.00', currency: 'EUR' },
]

/** The consent to see accounts names them: `accounts: [{ iban }]`. */
export const ONE_ACCOUNT = { authorizationDetails: 'account_information' } as const

export function accounts(ctx: Context): void {
  ctx.body = { accounts: ACCOUNTS, cnf: ctx.state.token.claims['cnf'] }
}

export function account(ctx: Context): void {
  const { claims } = ctx.state.token
  const id = ctx.params['id']
  const consented = authorizationDetailsOf(claims, ONE_ACCOUNT.authorizationDetails)
    .flatMap((detail) => detail['accounts'] ?? [])
    .some((one) => Object(one).iban === id)
  // First: whether there is such an account is none of a stranger's business.
  if (!consented) return notConsented(ctx, 'The end-user has not consented to this account.')
  const found = ACCOUNTS.find((one) => one.id === id)
  if (found) ctx.body = { ...found, cnf: claims['cnf'] }
}
