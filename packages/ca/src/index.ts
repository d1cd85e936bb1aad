/**
 * The first of four doors: issue, revoke, publish. The others are `./validation`, `./fixtures` and
 * `./commands`.
 */
export {
  type Authority,
  type AuthorityOptions,
  type ClientRequest,
  openAuthority,
  type SelfSignedRequest,
  type ServerRequest,
} from './authority.ts'
export { AuthorityError, type AuthorityErrorCode, type AuthorityErrorDetail } from './error.ts'
export { KEY_TYPES, type KeyType } from './encoding/key-types.ts'
export type { Credential, IssuedCredential } from './issuing/leaf-request.ts'
export { type ClientProfile, LEAF_PROFILES, type LeafProfile, PROFILES } from './profiles.ts'
export { currentCrl, publishStatus, STATUS_FILE } from './status/publish.ts'
export { REVOCATION_REASONS, type Revocation, type RevocationReason } from './status/revocations.ts'
export { release, revoke } from './status/revoke.ts'
export { type StatusListener, statusListener } from './status/status-listener.ts'
export { renew, type Renewed, rotate } from './issuing/renew.ts'
export { type SignedRequest, signRequest } from './issuing/sign-request.ts'
export { makeCsr } from './encoding/make-csr.ts'
export {
  bundle,
  BUNDLE_FORMATS,
  type BundleFormat,
  type BundleOptions,
} from './handing-out/bundle.ts'
export { type CertificateDetail, type CertificateRow, list, show } from './issuing/inventory.ts'
export { FIXTURES, type FixtureName } from './handing-out/fixture-catalogue.ts'
export {
  TRUST_STORES,
  type TrustOptions,
  type TrustStep,
  type TrustStore,
  trustSteps,
} from './handing-out/trust.ts'
