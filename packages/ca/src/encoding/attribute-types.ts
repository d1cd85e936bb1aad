/**
 * The attribute types of a distinguished name that have a keyword: those of RFC 4514 §3 and the few
 * that client certificates use besides. Anything else is written as a dotted OID.
 */
import { TAG } from './der.ts'

interface AttributeType {
  readonly oid: string
  /** Compared without regard to case (RFC 4514 §3). */
  readonly keywords: readonly string[]
  /** The string type the attribute is encoded in (RFC 5280 appendix A). */
  readonly tag: number
}

// oxfmt-ignore
const ATTRIBUTE_TYPES: readonly AttributeType[] = [
  { oid: '2.5.4.3',                    keywords: ['CN', 'commonName'],             tag: TAG.UTF8 },
  { oid: '2.5.4.7',                    keywords: ['L', 'localityName'],            tag: TAG.UTF8 },
  { oid: '2.5.4.8',                    keywords: ['ST', 'stateOrProvinceName'],    tag: TAG.UTF8 },
  { oid: '2.5.4.10',                   keywords: ['O', 'organizationName'],        tag: TAG.UTF8 },
  { oid: '2.5.4.11',                   keywords: ['OU', 'organizationalUnitName'], tag: TAG.UTF8 },
  { oid: '2.5.4.6',                    keywords: ['C', 'countryName'],             tag: TAG.PRINTABLE },
  { oid: '2.5.4.9',                    keywords: ['STREET', 'streetAddress'],      tag: TAG.UTF8 },
  { oid: '0.9.2342.19200300.100.1.25', keywords: ['DC', 'domainComponent'],        tag: TAG.IA5 },
  { oid: '0.9.2342.19200300.100.1.1',  keywords: ['UID', 'userId'],                tag: TAG.UTF8 },
  { oid: '2.5.4.4',                    keywords: ['SN', 'surname'],                tag: TAG.UTF8 },
  { oid: '2.5.4.42',                   keywords: ['GN', 'givenName'],              tag: TAG.UTF8 },
  { oid: '2.5.4.12',                   keywords: ['title'],                        tag: TAG.UTF8 },
  { oid: '2.5.4.5',                    keywords: ['serialNumber'],                 tag: TAG.PRINTABLE },
  { oid: '2.5.4.15',                   keywords: ['businessCategory'],             tag: TAG.UTF8 },
  { oid: '2.5.4.97',                   keywords: ['organizationIdentifier'],       tag: TAG.UTF8 },
  { oid: '1.2.840.113549.1.9.1',       keywords: ['emailAddress', 'E'],            tag: TAG.IA5 },
]

export const OID_BY_KEYWORD: ReadonlyMap<string, string> = new Map(
  ATTRIBUTE_TYPES.flatMap(({ oid, keywords }) => keywords.map((word) => [word.toLowerCase(), oid])),
)
export const TAG_BY_OID: ReadonlyMap<string, number> = new Map(
  ATTRIBUTE_TYPES.map(({ oid, tag }) => [oid, tag]),
)
/** The shortest spelling, which RFC 4514 §3 gives where it gives one. */
export const KEYWORD_BY_OID: ReadonlyMap<string, string> = new Map(
  ATTRIBUTE_TYPES.flatMap(({ oid, keywords: [first] }) => (first ? [[oid, first]] : [])),
)
