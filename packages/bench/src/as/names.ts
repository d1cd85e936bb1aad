/** Names on which the servers and the load agree. */
export const RESOURCE = 'https://rs.example'
export const SCOPE = 'accounts'
export const REDIRECT_URI = 'http://127.0.0.1:1/callback'
export const DPOP_CLIENT = 'dpop'
export const MTLS_CLIENT = 'mtls'
export const USER = { login: 'alice', password: 'doe' }
