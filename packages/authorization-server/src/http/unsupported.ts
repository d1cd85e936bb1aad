import { errors } from 'oidc-provider'

/** FAPI2SP-5.3.2.1-2, RFC9700-2.4. */
const PASSWORD =
  'the password grant is not supported: it hands the password of the end-user to the client; use the authorization code flow'

/** FAPI2SP-5.3.2.2-1, RFC9700-2.1.2. */
const IMPLICIT =
  'the implicit grant is not supported: it puts access tokens into URLs, and nothing can constrain them to their sender; use response_type=code'

/**
 * Why there is no such grant: what people still try, because it is in RFC 6749. Registering these
 * grants in order to refuse them would advertise them.
 *
 * @param asked `grant_type` or `response_type`, as it was sent
 */
export function whyUnsupported(failure: Error, asked: unknown): string | undefined {
  const words = typeof asked === 'string' ? asked.split(' ') : []
  if (failure instanceof errors.UnsupportedGrantType && words.includes('password')) return PASSWORD
  if (failure instanceof errors.UnsupportedGrantType && words.includes('implicit')) return IMPLICIT
  if (failure instanceof errors.UnsupportedResponseType && !words.includes('none')) return IMPLICIT
  return undefined
}
