/** Client authentication by assertion (RFC 7523). */
import { seconds } from '../seconds.ts'
import { attack } from './attack.ts'
import { clientCredentials } from './requests.ts'

const badAssertion = attack('RFC7523-3', [401, 'invalid_client'], clientCredentials)

export const assertions = [
  badAssertion('client-without-assertion', 'No client authentication at all', { assertion: null }),
  badAssertion('assertion-for-another-server', 'An assertion that was made for another server', {
    assertion: { aud: 'https://evil.example' },
  }),
  badAssertion(
    'assertion-for-the-endpoint',
    'An assertion whose audience is the token endpoint',
    ({ issuer }) => ({ assertion: { aud: `${issuer}/token` } }),
  ),
  badAssertion(
    'assertion-for-several',
    'An assertion for this server and for the attacker’s',
    ({ issuer }) => ({ assertion: { aud: [issuer, 'https://evil.example'] } }),
  ),
  badAssertion('assertion-expired', 'An assertion that has expired', () => ({
    assertion: { exp: seconds() - 60 },
  })),
  badAssertion('assertion-for-a-year', 'An assertion that is good for a year', () => ({
    assertion: { exp: seconds() + 31_536_000 },
  })),
  badAssertion('assertion-endless', 'An assertion that never expires', {
    assertion: { exp: undefined },
  }),
  badAssertion('assertion-dated-ahead', 'An assertion that was made in two minutes', () => ({
    assertion: { iat: seconds() + 120, exp: seconds() + 180 },
  })),
  badAssertion('assertion-without-subject', 'An assertion about nobody', {
    assertion: { sub: undefined },
  }),
  badAssertion(
    'assertion-by-another',
    'An assertion about one client in the name of another',
    ({ bound }) => ({ assertion: { iss: bound.clientId } }),
  ),
  badAssertion('assertion-without-jti', 'An assertion that nobody could know again', {
    assertion: { jti: undefined },
  }),
  badAssertion('assertion-not-encoded', 'An assertion that says its payload is not encoded', {
    header: { crit: ['b64'], b64: false },
  }),
  badAssertion('assertion-unsigned', 'An assertion with alg none', { header: { alg: 'none' } }),
  badAssertion(
    'assertion-of-another-key',
    'An assertion that the attacker signed',
    ({ victim, attackersKey }) => ({
      by: { ...victim, signing: { key: attackersKey, kid: victim.signing?.kid ?? '' } },
    }),
  ),
  badAssertion('assertion-twice', 'A captured assertion, sent once more', { twice: 'body' }),
] as const
