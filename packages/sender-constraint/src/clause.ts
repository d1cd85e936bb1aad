/** Where the documents are whose sentences are cited, up to the number of the section. */
const DOCUMENTS = {
  FAPI2SP: 'https://openid.net/specs/fapi-security-profile-2_0-final.html#section-',
  FAPI2MS: 'https://openid.net/specs/fapi-message-signing-2_0-final.html#section-',
  FAPI1ADV: 'https://openid.net/specs/openid-financial-api-part-2-1_0-final.html#section-',
  FAPICIBA: 'https://openid.net/specs/openid-financial-api-ciba-ID1.html#rfc.section.',
  CIBA: 'https://openid.net/specs/openid-client-initiated-backchannel-authentication-core-1_0-final.html#rfc.section.',
  RPLOGOUT: 'https://openid.net/specs/openid-connect-rpinitiated-1_0-final.html#rfc.section.',
  BCLOGOUT: 'https://openid.net/specs/openid-connect-backchannel-1_0-final.html#rfc.section.',
  OIDCC: 'https://openid.net/specs/openid-connect-core-1_0-final.html#rfc.section.',
} as const

/**
 * The id of one sentence of a specification: document, section, and the item where the section is a
 * list. `RFC9449-4.3-12a` is item 12 a of RFC 9449 §4.3.
 */
export type ClauseId = `${`RFC${string}` | keyof typeof DOCUMENTS}-${string}`

/** Where the sentence can be read. */
export function clauseUrl(clause: ClauseId): string {
  const [document = '', section = ''] = clause.split('-')
  const found = Object.entries(DOCUMENTS).find(([name]) => name === document)
  return (
    (found?.[1] ?? `https://www.rfc-editor.org/rfc/${document.toLowerCase()}#section-`) + section
  )
}
