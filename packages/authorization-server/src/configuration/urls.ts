import { isTrustworthy } from '../vocabulary/loopback.ts'
import { ConfigurationError } from './values.ts'

/** @throws ConfigurationError */
export function origin(key: string, value: unknown): string {
  const url = typeof value === 'string' ? URL.parse(value) : null
  if (url?.protocol !== 'https:' || url.origin !== value)
    throw new ConfigurationError(
      key,
      value,
      'an https origin without path, such as https://host:9443',
    )
  return url.origin
}

/** @throws ConfigurationError */
export function hosts(key: string, value: unknown): readonly string[] {
  const isHost = (host: unknown): host is string =>
    typeof host === 'string' && URL.parse(`https://${host}`)?.hostname === host
  if (!Array.isArray(value) || !value.every(isHost))
    throw new ConfigurationError(key, value, 'a list of host names in lower case, without port')
  return value
}

/** @throws ConfigurationError; there is no `*`, and `null` is what every sandboxed page is */
export function browserOrigins(value: unknown): readonly string[] {
  const key = 'browserOrigins'
  const allowed = 'a list of https origins as browsers write them, or http ones on loopback'
  if (!Array.isArray(value)) throw new ConfigurationError(key, value, allowed)
  return value.map((entry: unknown) => {
    const url = typeof entry === 'string' ? URL.parse(entry) : null
    if (!url || !isTrustworthy(url) || url.origin !== entry || entry.includes('*'))
      throw new ConfigurationError(key, entry, allowed)
    return url.origin
  })
}
