/** How the token is presented (RFC 6750 §2, RFC 9449 §7.1). */
import type { Attack } from './attack.ts'

export const foreignTarget: Attack = {
  id: 'request/foreign-target',
  title: 'The request target names another host, as one sends it to a proxy',
  clause: 'RFC9112-3.2',
  answer: { status: 400, error: 'invalid_request' },
  play: ({ byMtls, send, url }) =>
    send(byMtls({ target: `https://evil.example${new URL(url).pathname}` })),
}

export const misdirected: Attack = {
  id: 'request/misdirected',
  title: 'A connection made for one host, and a request for another on it',
  clause: 'RFC9110-15.5.20',
  answer: { status: 421 },
  play: ({ byMtls, send }) => send(byMtls({ host: 'other.example' })),
}

export const twoAuthorizationFields: Attack = {
  id: 'request/two-authorization-fields',
  title: 'Two Authorization fields, in the hope that two parsers read different ones',
  clause: 'RFC9110-11.6.2',
  answer: { status: 400, error: 'invalid_request' },
  play: ({ byMtls, send }) =>
    send(byMtls({ fields: (honest) => [['Authorization', 'Bearer decoy'], ...honest] })),
}

export const headerAndQuery: Attack = {
  id: 'request/header-and-query',
  title: 'A token in the header and another in the query',
  clause: 'RFC6750-2',
  answer: { status: 400, error: 'invalid_request' },
  play: ({ byMtls, send, url }) => send(byMtls({ url: `${url}?access_token=decoy` })),
}

export const queryOnly: Attack = {
  id: 'request/query-only',
  title: 'The token in the query, where logs and referrers keep it',
  clause: 'FAPI2SP-5.3.4-2',
  answer: { status: 401 },
  overlaps: ['RFC6750-3'],
  play: ({ byMtls, send, url, mtls }) =>
    send(byMtls({ url: `${url}?access_token=${mtls.token}`, fields: () => [] })),
}

export const cookieOnly: Attack = {
  id: 'request/cookie-only',
  title: 'The token in a cookie',
  clause: 'RFC6750-3',
  answer: { status: 401 },
  play: ({ byMtls, send, mtls }) =>
    send(byMtls({ fields: () => [['Cookie', `access_token=${mtls.token}`]] })),
}

export const inTheBody: Attack = {
  id: 'request/form-body',
  title: 'The token in a form',
  clause: 'RFC6750-3',
  answer: { status: 401 },
  play: ({ byMtls, send, mtls }) => {
    const form = [['Content-Type', 'application/x-www-form-urlencoded']] as const
    const request = byMtls({ fields: () => form })
    return send({ ...request, body: `access_token=${mtls.token}` })
  },
}

export const inAnotherField: Attack = {
  id: 'request/another-field',
  title: 'The token in a field that some API gateways read',
  clause: 'RFC6750-3',
  answer: { status: 401 },
  play: ({ byMtls, send, mtls }) =>
    send(byMtls({ fields: () => [['X-Access-Token', mtls.token]] })),
}

export const nothingPresented: Attack = {
  id: 'request/nothing-presented',
  title: 'No credentials at all',
  clause: 'RFC6750-3',
  answer: { status: 401 },
  play: ({ byMtls, send }) => send(byMtls({ fields: () => [] })),
}

export const duringAnOutage: Attack = {
  id: 'request/during-an-outage',
  title: 'A token that nobody can vouch for, while its issuer is out of reach',
  clause: 'RFC9110-15.6.4',
  answer: { status: 503, error: 'temporarily_unavailable' },
  situation: 'issuer-unreachable',
  play: ({ byMtls, send }) => send(byMtls()),
}

export const intoAFullMemory: Attack = {
  id: 'request/into-a-full-memory',
  title: 'A proof of which no record can be kept',
  clause: 'RFC9110-15.6.4',
  answer: { status: 503, error: 'temporarily_unavailable' },
  situation: 'full-memory',
  play: async ({ byDpop, send }) => send(await byDpop()),
}

export const flood: Attack = {
  id: 'request/flood',
  title: 'One client fills the replay memory with fresh proofs',
  clause: 'RFC6585-4',
  answer: { status: 429, error: 'temporarily_unavailable' },
  situation: 'one-proof-quota',
  play: async ({ byDpop, send }) => {
    await send(await byDpop())
    return send(await byDpop())
  },
}
