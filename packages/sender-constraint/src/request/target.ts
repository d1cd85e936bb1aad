import type { Check } from '../row.ts'

// RFC 9112 §3.2: an origin server gets the origin-form. Anything that does not make a URI together
// with our external URL cannot be compared with htu and has no business behind us.
export const target: Check = ({ request }) =>
  request.uri === undefined
    ? { expected: 'an absolute path', actual: 'a target that makes no URI' }
    : undefined
