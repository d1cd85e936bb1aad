/** The names asked for, as DER, held against the profile that shall bear them. */
import {
  type AlternativeNameKind,
  type AlternativeNames,
  encodeAlternativeNames,
} from '../encoding/alternative-names.ts'
import { MalformedDer } from '../encoding/der.ts'
import { type DistinguishedName, encodeName } from '../encoding/distinguished-name.ts'
import { AuthorityError } from '../error.ts'
import { NO_NAME } from './issue.ts'
import { type Profile, type ProfileName, PROFILES } from '../profiles.ts'
import { NameSyntaxError, parseName } from '../encoding/rfc4514.ts'

export interface EncodedNames {
  readonly subject: Buffer
  readonly alternativeNames: Buffer | undefined
}

export interface NamesWanted {
  /** RFC 4514; may be empty where the profile wants nothing but one alternative name. */
  readonly subject: string
  readonly alternativeNames: AlternativeNames
}

const KINDS = ['dns', 'uri', 'ip', 'email'] as const

/** `file` is what the error names. Throws AuthorityError `bad-request`. */
export function encodeNames(
  file: string,
  profileName: ProfileName,
  { subject, alternativeNames }: NamesWanted,
): EncodedNames {
  const profile: Profile = PROFILES[profileName]
  try {
    const name = subject === '' && profile.onlyName ? [] : parseName(subject)
    checkNames(file, profileName, { name, alternativeNames })
    return {
      subject: name.length === 0 ? NO_NAME : encodeName(name),
      alternativeNames: encodeAlternativeNames(alternativeNames),
    }
  } catch (cause) {
    throw nameRefusal(file, cause)
  }
}

/** What is said of names that are none; any other error stays what it is. */
export function nameRefusal(file: string, cause: unknown): unknown {
  const isSyntax = cause instanceof NameSyntaxError
  if (!isSyntax && !(cause instanceof MalformedDer)) return cause
  const remedy = isSyntax
    ? 'Write the subject as in RFC 4514, for example CN=JohnDoe,OU=IT'
    : 'Write each name as its kind wants it'
  const detail = { code: 'bad-request', file, problem: cause.message, remedy } as const
  return new AuthorityError(detail, cause)
}

interface Checked {
  readonly name: DistinguishedName
  readonly alternativeNames: AlternativeNames
}

/** Throws AuthorityError `bad-request`. */
export function checkNames(file: string, profileName: ProfileName, wanted: Checked): void {
  const problem = problemOf(PROFILES[profileName], wanted)
  if (problem === undefined) return
  const remedy = `Ask for names that the profile ${profileName} allows, or for another profile`
  throw new AuthorityError({ code: 'bad-request', file, problem, remedy })
}

function problemOf(profile: Profile, { name, alternativeNames }: Checked): string | undefined {
  const kinds = KINDS.filter((kind) => (alternativeNames[kind] ?? []).length > 0)
  const foreign = kinds.find((kind) => !profile.names.includes(kind))
  if (foreign) return `has a ${foreign} name, which its profile does not allow`
  const present = new Set(name.flat().map(({ type }) => type))
  const missing = (profile.subjectNeeds ?? []).find((type) => !present.has(type))
  if (missing) return `has no ${SPELLED[missing] ?? missing} in its subject`
  if (profile.onlyName && count(alternativeNames, profile.onlyName) !== 1) {
    return `must have exactly one ${profile.onlyName} name`
  }
  return undefined
}

const SPELLED: Readonly<Record<string, string>> = {
  '2.5.4.6': 'C',
  '2.5.4.10': 'O',
  '2.5.4.97': 'organizationIdentifier',
}

function count(names: AlternativeNames, kind: AlternativeNameKind): number {
  return names[kind]?.length ?? 0
}
