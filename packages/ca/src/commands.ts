/**
 * The command line's functions, without the command line: plain arguments in, lines and data out, so
 * that any program can offer them. They reject with AuthorityError and print nothing.
 */
export {
  init,
  issue,
  type IssueWish,
  makeRequest,
  renew,
  type RenewWish,
  type RequestWish,
  rotate,
  signCsr,
  type SignWish,
} from './commands/issue.ts'
export {
  crl,
  type CrlWish,
  list,
  type ListWish,
  release,
  revoke,
  type RevokeWish,
  show,
} from './commands/status.ts'
export {
  exportBundle,
  type ExportWish,
  type FixturesWish,
  trust,
  type TrustWish,
  writeFixtures,
} from './commands/hand-out.ts'
export type { CommandResult, Place } from './commands/result.ts'
