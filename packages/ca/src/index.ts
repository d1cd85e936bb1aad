/** The first of three doors: issuing. The others are `./validation` and `./fixtures`. */
export {
  type Authority,
  type AuthorityOptions,
  type ClientRequest,
  openAuthority,
  type ServerRequest,
} from './authority.ts'
export { AuthorityError, type AuthorityErrorCode, type AuthorityErrorDetail } from './error.ts'
export type { KeyType } from './key-types.ts'
export type { Credential, IssuedCredential } from './leaf.ts'
