/** How a trace is told: what is compared with what, and in which order. */
import { hash } from 'node:crypto'
import { thumbprint } from '@holdfast/client'
import type { TraceEvent } from '@holdfast/trace'
import { expect, test } from 'vitest'
import type { Addresses } from '../src/addresses.ts'
import { comparisonsOf } from '../src/tell/comparisons.ts'
import { type Exchange, exchangesOf } from '../src/tell/exchanges.ts'
import { toMermaid } from '../src/tell/mermaid.ts'
import { tellStory } from '../src/tell/story.ts'

const JWK = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }
const JKT = thumbprint(JWK)

const jwt = (header: object, claims: object): string =>
  [header, claims, {}]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
const proof = jwt({ typ: 'dpop+jwt', jwk: JWK }, { ath: 'somebody’s' })
const token = (cnf: object) => jwt({ typ: 'at+jwt' }, { cnf })

const span = { trace: 'a'.repeat(32), span: 'b'.repeat(16), at: 1, by: 'client' } as const
type Sent = Partial<Exchange['request']>
const exchange = (sent: Sent, answered?: object): Exchange => ({
  request: {
    ...span,
    type: 'request',
    method: 'POST',
    url: 'https://localhost:1/x',
    headers: [],
    ...sent,
  },
  ...(answered && {
    response: {
      ...span,
      type: 'response',
      status: 200,
      headers: [['content-type', 'application/json']],
      body: JSON.stringify(answered),
    },
  }),
})

const withProof = (sent: Sent = {}, authorization?: string): Sent => ({
  ...sent,
  headers: [['dpop', proof], ...(authorization ? [['authorization', authorization] as const] : [])],
})

test.each<[what: string, told: Exchange, lines: readonly string[]]>([
  [
    'a pushed request',
    exchange(withProof({ body: `dpop_jkt=${JKT}` })),
    [`dpop_jkt ${JKT} = thumbprint of the proof’s jwk ${JKT}`],
  ],
  [
    'a token that is issued',
    exchange(withProof(), { access_token: token({ jkt: JKT }) }),
    [`cnf.jkt of the token ${JKT} = thumbprint of the proof’s jwk ${JKT}`],
  ],
  [
    'a token that somebody else presents',
    exchange(withProof({}, `DPoP ${token({ jkt: 'other' })}`)),
    [
      `ath of the proof somebody’s ≠ SHA-256 of the token ${hash('sha256', token({ jkt: 'other' }), 'base64url')}`,
      `cnf.jkt of the token other ≠ thumbprint of the proof’s jwk ${JKT}`,
    ],
  ],
  [
    'a certificate',
    exchange({ certificate: 'c' }, { access_token: token({ 'x5t#S256': 'c' }) }),
    ['cnf.x5t#S256 of the token c = thumbprint of the certificate c'],
  ],
  [
    'an opaque token',
    exchange(withProof({}, 'DPoP opaque')),
    [
      `ath of the proof somebody’s ≠ SHA-256 of the token ${hash('sha256', 'opaque', 'base64url')}`,
      `thumbprint of the proof’s jwk ${JKT}; cnf is not in an opaque token`,
    ],
  ],
  ['nothing that is constrained', exchange({ body: 'scope=accounts' }, { keys: [] }), []],
])('compares for %s', (_what, told, lines) => {
  expect(comparisonsOf(told)).toEqual(lines)
})

const ISSUER = 'https://localhost:1'
const ADDRESSES: Addresses = {
  issuer: ISSUER,
  mtlsAlias: 'https://localhost:2',
  resource: 'https://localhost:3',
  console: 'http://localhost:4',
  certificateStatus: 'http://localhost:5',
  authorizationServerManagement: 'http://localhost:6',
  resourceServerManagement: 'http://localhost:7',
}

/** Who answers a logout tells the client first. */
const LOGOUT: readonly TraceEvent[] = [
  {
    ...span,
    by: 'user-agent',
    type: 'request',
    at: 1,
    method: 'POST',
    url: `${ISSUER}/logout/confirm?a=b`,
    headers: [],
    body: 'password=doe',
  },
  {
    ...span,
    span: 'c'.repeat(16),
    by: 'authorization-server',
    type: 'request',
    at: 2,
    method: 'POST',
    url: 'https://localhost:9/logout',
    headers: [],
  },
  {
    ...span,
    span: 'c'.repeat(16),
    by: 'authorization-server',
    type: 'response',
    at: 3,
    status: 200,
    headers: [],
  },
  {
    ...span,
    by: 'user-agent',
    type: 'response',
    at: 4,
    status: 200,
    headers: [],
    body: '<title>You are signed out – Holdfast</title>',
  },
]

test('the diagram shows what was asked meanwhile between question and answer', () => {
  expect(toMermaid(exchangesOf(LOGOUT), ADDRESSES).trimEnd().split('\n').slice(-4)).toEqual([
    '  P1->>P2: POST /logout/confirm',
    '  P2->>P3: POST /logout',
    '  P3-->>P2: 200',
    '  P2-->>P1: 200',
  ])
})

test.for(['interaction', 'authorize', 'device', 'approvals', 'register'])(
  'a diagram has no name that means nothing outside its run: /%s/…',
  (path) => {
    const url = `${ISSUER}/${path}/7ed9ce110db99f3af93ad26af4d50d9f`
    expect(toMermaid([exchange({ url })], ADDRESSES)).toContain(`POST /${path}/…\n`)
  },
)

test('the story names pages and queries, and nothing that an end-user typed', () => {
  const lines: string[] = []
  tellStory(exchangesOf(LOGOUT), ADDRESSES, (line = '') => lines.push(line))
  const told = lines.join('\n')
  expect(told).toContain('page “You are signed out”')
  expect(told).toContain('     a b\n')
  expect(told).toContain('2  authorization server → client   POST /logout')
  expect(told).not.toContain('doe')
})
