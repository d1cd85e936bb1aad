export * from './answer.ts'
export * from './challenge.ts'
export * from './checks.ts'
export * from './clause.ts'
export * from './confirmation/confirmation.ts'
export * from './dpop/nonce.ts'
export { privateMember } from './dpop/private-key.ts'
export { readDpopFields } from './dpop/proof.ts'
export { acceptableUntil } from './dpop/time.ts'
export * from './enforce.ts'
export * from './facts.ts'
export * from './jose/hash.ts'
export * from './jose/jws.ts'
export * from './jose/signature.ts'
export { withNextNonce } from './memory/next-nonce.ts'
export { hasForeignNonce, isNewGeneration, remember } from './memory/remember.ts'
export { type ProofUse, proofUse } from './memory/use.ts'
export { certificateFacts } from './mtls/certificate.ts'
export type { CertificateStatus, CertificateVerdict } from './mtls/trust.ts'
export { type Claims, parseJsonObject } from './parse/json.ts'
export * from './parse/uri.ts'
export * from './policy.ts'
export { Recent } from './recent.ts'
export {
  type Credentials,
  KnownCredentials,
  parseCredentials,
  type PresentedToken,
  type Scheme,
} from './request/credentials.ts'
export * from './request/fields.ts'
export type { Mismatch, Row } from './row.ts'
export { readIntrospection, readJwtToken, withKey } from './token/read.ts'
