/**
 * The id of one sentence of a specification: document, section, and the item where the section is a
 * list. `RFC9449-4.3-12a` is item 12 a of RFC 9449 §4.3.
 */
export type ClauseId = `${'RFC' | 'FAPI2SP' | 'OIDC'}${string}-${string}`

/** Where the sentence can be read. */
export function clauseUrl(clause: ClauseId): string {
  const [document = '', section = ''] = clause.split('-')
  return document === 'FAPI2SP'
    ? `https://openid.net/specs/fapi-security-profile-2_0-final.html#section-${section}`
    : `https://www.rfc-editor.org/rfc/${document.toLowerCase()}#section-${section}`
}
