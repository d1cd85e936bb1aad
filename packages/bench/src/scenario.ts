/** The names that tokens and proofs carry. Nothing is asked of the network under them. */
export const ISSUER = 'https://as.example'
export const RESOURCE = 'https://rs.example'
export const SCOPE = 'accounts'
export const PATH = '/accounts'

/** What every handler answers: a small document, so that the check is what is measured. */
export const BODY = {
  accounts: [{ id: 'NL00HOLD0000000001', name: 'Current account', balance: '1204.50' }],
}
