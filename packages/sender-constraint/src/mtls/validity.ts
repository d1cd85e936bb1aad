import type { CheckOf } from '../row.ts'

// Only where the certificate is what the token is bound to: a stray one on the connection of a
// DPoP client proves nothing and harms nothing.
export const validity: CheckOf<'certificate'> = ({ token, certificate, now }) => {
  const bound = token && 'confirmation' in token && token.confirmation.x5t !== undefined
  if (!bound || (certificate.notBefore <= now && now <= certificate.notAfter)) return undefined
  const [from, to] = [certificate.notBefore, certificate.notAfter].map(seconds)
  return { expected: `a time from ${from} to ${to}`, actual: `${seconds(now)}` }
}

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)
