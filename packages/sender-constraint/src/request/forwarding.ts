import { type CheckOf, quote } from '../row.ts'

// Refused, not ignored, also by a server that reads no such field: whoever sends one either claims
// a certificate that is not theirs, or is a proxy that we do not know as one, and must be told.
export const byHopOnly: CheckOf<'forwarded'> = ({ forwarding }) =>
  forwarding.by === 'client'
    ? { expected: 'no certificate in a field', actual: quote(forwarding.field) }
    : undefined

export const readableCertificate: CheckOf<'forwarded'> = ({ forwarding }) =>
  forwarding.by === 'hop' && forwarding.malformed !== undefined
    ? { expected: 'one certificate', actual: forwarding.malformed }
    : undefined

// It chooses among the configured URLs; a host that is not there would be a URL of the sender's
// making for htu to be compared with.
export const ourHost: CheckOf<'forwarded'> = ({ forwarding }) =>
  forwarding.by === 'hop' && forwarding.foreignHost !== undefined
    ? { expected: 'a host of our external URLs', actual: quote(forwarding.foreignHost) }
    : undefined
