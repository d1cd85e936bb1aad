import type { CheckOf } from '../row.ts'

// RFC 9110 §7.4: a connection that was made for one of our names is authenticated for that name
// only, and a cache or a firewall in front has seen no other.
export const authority: CheckOf<'named'> = ({ request: { named } }) =>
  named.inTls === named.inHost ? undefined : { expected: named.inTls, actual: named.inHost }
