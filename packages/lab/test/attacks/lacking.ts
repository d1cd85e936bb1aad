/**
 * What a server can lack, and which attacks on the authorization server it falls for then: what is
 * taken out is a row of a table, the judge of certificates, the store's memory of what was used, or
 * what a client is registered for. The other attacks are refused by oidc-provider itself, or by what
 * the server does not run without: that it was the edit which was refused is shown by the request
 * without it.
 */
import { join } from 'node:path'
import { openAuthority, STATUS_FILE } from '@holdfast/ca'
import { certificateValidation, subjectMatches } from '@holdfast/ca/validation'
import { type ClauseId, ROWS } from '@holdfast/sender-constraint'
import { aroundRecords, type Payload, type Records, type StoredRecord } from '@holdfast/store'
import type { startPrivate } from '../../src/attach.ts'

type Lab = Awaited<ReturnType<typeof startPrivate>>

interface Lack {
  /** Has the lab's servers do without; may return what is to be done at the end, as `beforeAll` takes it. */
  readonly set: (lab: Lab) => unknown
  /** Their ids, without the family. */
  readonly attacks: readonly string[]
}

/** Rows of the authorization server's tables. */
const ROWS_OUT: readonly (readonly [ClauseId, readonly string[]])[] = [
  ['RFC9449-4.3-9', ['counterfeit-issuer', 'counterfeit-issuer-forwarded']],
  ['RFC9449-10.1', ['dpop-jkt-of-another-key']],
  ['FAPI2SP-5.3.2.1-8', ['assertion-for-a-year', 'assertion-dated-ahead']],
  ['FAPI2SP-5.3.2.2-6', ['redirect-missing']],
  ['FAPI2MS-5.3.1-3', ['request-object-without-nbf']],
  ['FAPI2MS-5.3.1-4', ['request-object-endless']],
  [
    'RFC8693-4.4',
    [
      'exchange-of-a-stolen-token',
      'exchange-with-another-key',
      'exchange-with-another-certificate',
    ],
  ],
  ['RFC8693-4.1', ['exchange-with-anothers-actor']],
  ['RFC8693-2.1.1', ['exchange-for-another-api']],
  ['RFC6749-3.3', ['exchange-for-more-scope']],
]

const withoutRow = ([clause, attacks]: (typeof ROWS_OUT)[number]): [string, Lack] => [
  clause,
  { set: (lab) => lab.experimentWithIssuer({ rowsOut: [clause] }), attacks },
]

export const LACKING: { readonly [what: string]: Lack } = {
  ...Object.fromEntries(ROWS_OUT.map(withoutRow)),
  'path, purpose and revocation of certificates': {
    set: (lab) =>
      lab.experimentWithIssuer({
        certificates: { validate: () => ({ ok: true }), subjectMatches },
      }),
    attacks: [
      'certificate-expired',
      'certificate-to-come',
      'certificate-revoked',
      'certificate-of-another-authority',
      'certificate-that-names-our-authority',
      'certificate-signed-by-itself',
      'certificate-for-servers',
      'certificate-of-an-authority',
    ],
  },
  'the name in a certificate': {
    async set(lab) {
      const { certs } = lab.folders
      const { trust: roots } = await openAuthority(certs)
      const validation = certificateValidation({ roots, status: [join(certs, STATUS_FILE)] })
      await lab.experimentWithIssuer({
        certificates: {
          validate: (certificate) => validation.validate(certificate, [], 'client'),
          subjectMatches: () => true,
        },
      })
      return () => validation.close()
    },
    attacks: ['certificate-of-another-client', 'certificate-with-a-confusable-name'],
  },
  'a memory of what was used': {
    set: (lab) => lab.experimentWithIssuer({ records: forgetful(lab.records) }),
    attacks: ['code-twice', 'assertion-twice', 'device-code-twice', 'auth-req-id-twice'],
  },
  'clients with a sender constraint': {
    set: (lab) =>
      lab.experimentWithIssuer({
        records: registering(lab.records, {
          dpop_bound_access_tokens: false,
          tls_client_certificate_bound_access_tokens: false,
        }),
        // The first would refuse such a client; a code and a token for exchange are held off twice.
        rowsOut: ['FAPI2SP-5.3.2.1-4', 'RFC9449-10.1', 'RFC8693-4.4'],
      }),
    attacks: [
      'client-credentials-without-proof',
      'code-without-proof',
      'device-code-without-proof',
      'exchange-without-proof',
      'refresh-without-proof',
      'certificate-for-a-proof',
      'client-credentials-without-certificate',
      'proof-for-a-certificate',
    ],
  },
  'an API that asks for a better login': {
    set: (lab) =>
      lab.experiment({ rows: ROWS.filter(({ clause }) => !clause.startsWith('RFC9470-')) }),
    attacks: ['old-login-at-step-up', 'acr-by-refresh'],
  },
}

const plain = (records: Records): Records => aroundRecords(records, (call) => call())

/** Records of which nothing is ever said to have been used. */
export function forgetful(records: Records): Records {
  const inner = plain(records)
  const unused = ({ kind, id, payload }: StoredRecord): StoredRecord => ({ kind, id, payload })
  return {
    ...inner,
    add: async (record) => (await inner.add(record)) || true,
    consume: async (...which) => (await inner.consume(...which)) || true,
    find: async (...which) => {
      const found = await inner.find(...which)
      return found && unused(found)
    },
  }
}

/** The same records, in which every client is registered with this. */
function registering(records: Records, members: Payload): Records {
  const inner = plain(records)
  return {
    ...inner,
    find: async (kind, id) => {
      const found = await inner.find(kind, id)
      return found && kind === 'Client'
        ? { ...found, payload: { ...found.payload, ...members } }
        : found
    },
  }
}
