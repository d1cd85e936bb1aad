import type { CheckOf } from '../row.ts'

// Only where the certificate is what the token is bound to: a stray one on the connection of a
// DPoP client proves nothing and harms nothing.
export const validity: CheckOf<'certificate'> = ({ token, certificate, now }) => {
  const bound = token && 'confirmation' in token && token.confirmation.x5t !== undefined
  if (!bound || (certificate.notBefore <= now && now <= certificate.notAfter)) return undefined
  const [from, to] = [certificate.notBefore, certificate.notAfter].map(date)
  return { expected: `${from} to ${to}`, actual: date(now) }
}

const date = (time: number): string => new Date(time).toISOString()
