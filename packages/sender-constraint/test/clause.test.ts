import { expect, test } from 'vitest'
import { clauseUrl, ROWS } from '../src/index.ts'

test.for([
  ['RFC9449-4.3-12a', 'https://www.rfc-editor.org/rfc/rfc9449#section-4.3'],
  ['RFC8705-3', 'https://www.rfc-editor.org/rfc/rfc8705#section-3'],
  [
    'FAPI2SP-5.3.4-5',
    'https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.4',
  ],
  ['FAPI2MS-5.3.1-3', 'https://openid.net/specs/fapi-message-signing-2_0-final.html#section-5.3.1'],
  ['OIDCC-9', 'https://openid.net/specs/openid-connect-core-1_0-final.html#rfc.section.9'],
] as const)('%s can be read at %s', ([clause, url]) => {
  expect(clauseUrl(clause)).toBe(url)
})

test('every clause of the table has a document and a section', () => {
  for (const { clause } of ROWS)
    expect(clause).toMatch(/^(?:RFC\d{4}|FAPI2SP)-\d+(?:\.\d+)*(?:-\w+)?$/)
})
