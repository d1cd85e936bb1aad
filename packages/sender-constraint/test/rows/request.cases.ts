import type { Forwarding } from '../../src/index.ts'
import { certificateBound, type Draft } from '../honest.ts'
import type { RowCases } from './case.ts'
import { unchanged } from './case.ts'

const presenting =
  (...fields: string[]) =>
  (r: { authorization: (presented: string) => readonly string[] }) => {
    r.authorization = () => fields
  }
const named = (inTls: string, inHost: string) => (r: Draft) => {
  r.named = { inTls, inHost }
}
const forwarding = (value: Forwarding) => (r: Draft) => {
  r.forwarding = value
}
const byHop = forwarding({ by: 'hop' })
const notForwarded = { 'a client that forwards nothing': unchanged }
const alsoInQuery = (r: { query: string }) => {
  r.query = 'page=2&access_token=abc'
}

export const REQUEST_CASES: readonly RowCases[] = [
  {
    clause: 'RFC9112-3.2',
    answer: [400, 'invalid_request'],
    holds: { 'an absolute path': unchanged },
    refuses: {
      'a target that makes no URI': [
        certificateBound,
        (r) => {
          r.url = 'https://rs.example/acc ounts'
        },
      ],
      'the same with a proof': (r) => {
        r.url = '*'
      },
    },
    overlaps: { 'the same with a proof': 'RFC9449-4.3-9' },
  },
  {
    clause: 'RFC9110-15.5.20',
    answer: [421],
    holds: { 'one name in both': named('rs.example', 'rs.example') },
    refuses: {
      'another Host': named('rs.example', 'other.example'),
      'a subdomain': named('rs.example', 'api.rs.example'),
      'another Host on the connection of a certificate': [
        certificateBound,
        named('other.example', 'rs.example'),
      ],
    },
    notApplicable: { 'a connection without a name': unchanged },
  },
  {
    clause: 'RFC9440-4',
    answer: [400, 'invalid_request'],
    holds: { 'a hop that forwards a certificate': [certificateBound, byHop] },
    refuses: {
      'a client that forwards one': [
        certificateBound,
        forwarding({ by: 'client', field: 'client-cert' }),
      ],
      'a DPoP client that does': forwarding({ by: 'client', field: 'x-ssl-cert' }),
    },
    notApplicable: notForwarded,
  },
  {
    clause: 'RFC9440-2.2',
    answer: [400, 'invalid_request'],
    holds: { 'a hop that forwards one certificate, or none': byHop },
    refuses: {
      'one that cannot be parsed': forwarding({ by: 'hop', malformed: 'no Byte Sequence' }),
      'one beside a certificate': [certificateBound, forwarding({ by: 'hop', malformed: 'two' })],
    },
    notApplicable: notForwarded,
  },
  {
    clause: 'RFC7239-8.1',
    answer: [400, 'invalid_request'],
    holds: { 'a hop that forwards no host, or one of ours': byHop },
    refuses: {
      'a host that is none of ours': forwarding({ by: 'hop', foreignHost: 'evil.example' }),
    },
    notApplicable: notForwarded,
  },
  {
    clause: 'RFC9110-11.6.2',
    answer: [400, 'invalid_request'],
    holds: {
      'the scheme in lower case': (r) => {
        r.scheme = 'dpop'
      },
      'the scheme in upper case': (r) => {
        r.scheme = 'DPOP'
      },
      'Bearer in any case': [
        certificateBound,
        (r) => {
          r.scheme = 'beaRER'
        },
      ],
      'several spaces': (r) => {
        r.scheme = 'DPoP   '
      },
    },
    refuses: {
      'two fields': (r) => {
        r.authorization = (presented) => [presented, presented]
      },
      'two fields with different schemes': presenting('DPoP abc', 'Bearer abc'),
      'two fields of which one is of another scheme': presenting('Basic abc', 'Bearer abc'),
      'a scheme without a token': presenting('DPoP'),
      'a scheme, a space and nothing': presenting('Bearer '),
      'two tokens': presenting('DPoP abc def'),
      'two tokens with a comma': presenting('Bearer abc, Bearer def'),
      'a tab for a space': presenting('Bearer\tabc'),
      'characters outside token68': presenting('DPoP "abc"'),
      'an equals sign in the middle': presenting('DPoP a=b'),
      'parameters for a token': presenting('DPoP token="abc"'),
      'white space behind the token': presenting('DPoP abc '),
    },
  },
  {
    clause: 'RFC6750-2',
    answer: [400, 'invalid_request'],
    holds: {
      'a parameter of another name': (r) => {
        r.query = 'access_tokens=abc&ACCESS_TOKEN=abc'
      },
    },
    refuses: {
      'a second token in the query': alsoInQuery,
      'an empty one': (r) => {
        r.query = 'access_token'
      },
      'an encoded name': (r) => {
        r.query = 'access%5Ftoken=abc'
      },
      'one beside a certificate-bound token': [certificateBound, alsoInQuery],
    },
  },
  {
    clause: 'FAPI2SP-5.3.4-2',
    answer: [401],
    refuses: {
      'a token in the query only': (r) => {
        r.authorization = () => []
        alsoInQuery(r)
      },
    },
    overlaps: { 'a token in the query only': 'RFC6750-3' },
  },
  {
    clause: 'RFC6750-3',
    answer: [401],
    refuses: {
      'no Authorization': presenting(),
      'an empty field': presenting(''),
      'another scheme': presenting('Basic YWxpY2U6c2VjcmV0'),
      'a scheme that begins like ours': presenting('DPoPe abc'),
    },
  },
]
