import type { Confirmation } from './confirmation/confirmation.ts'
import type { JwsKey } from './jose/signature.ts'
import type { Jws } from './jose/jws.ts'
import type { NonceReading } from './dpop/nonce.ts'
import type { Claims } from './parse/json.ts'

/**
 * What one request presented, parsed once. Read-only and complete: keys have been fetched, opaque
 * tokens introspected, and what could not be parsed is a value. No check ever waits or throws.
 */
export interface Facts {
  /** Milliseconds since the epoch, by the server's clock. */
  readonly now: number
  readonly request: {
    readonly method: string
    /** The external URL without query and fragment, normalised; `undefined`: not a URI. */
    readonly uri: string | undefined
    /** Whom the client means to talk to, by TLS and by HTTP. `undefined`: one of them does not say. */
    readonly named?: { readonly inTls: string; readonly inHost: string } | undefined
  }
  /** What came in the fields by which proxies forward. `undefined`: from a client, and nothing did. */
  readonly forwarding?: Forwarding | undefined
  readonly credentials: Credentials
  /** `undefined`: none was presented. */
  readonly token?: AccessToken | UnreadableToken | UnavailableToken | undefined
  /** Present if the client uses the scheme DPoP: what came in its DPoP fields. */
  readonly dpop?: DpopFields | undefined
  /** The certificate that the client proved possession of, in our TLS handshake or in a hop's. */
  readonly certificate?: ClientCertificate | undefined
  readonly memory: MemoryFacts
}

export type Scheme = 'DPoP' | 'Bearer'

/** What the Authorization fields and the query hold. */
export type Credentials =
  | { readonly form: 'none'; readonly inQuery: boolean }
  | { readonly form: 'malformed'; readonly reason: string }
  | PresentedToken

export interface PresentedToken {
  readonly form: 'token'
  readonly scheme: Scheme
  readonly token: string
  /** The Authorization field, as it was sent. */
  readonly field: string
  readonly inQuery: boolean
}

interface ReadableToken {
  readonly form: 'jwt' | 'opaque'
  /** base64url of the SHA-256 of the token as presented: what `ath` must be (RFC 9449 §4.2). */
  readonly hash: string
  /** The JWT's claims, or the members of the introspection response (RFC 7662 §2.2). */
  readonly claims: Claims
  readonly confirmation: Confirmation
}

export interface JwtToken extends ReadableToken {
  readonly form: 'jwt'
  readonly jws: Jws
  /** The issuer's key for this token's `kid` and `alg`; `undefined`: it publishes none. */
  readonly key: JwsKey | undefined
  /** What the status list says that the token names; `undefined`: nobody looks at status lists. */
  readonly status?: TokenStatus | undefined
}

/**
 * - `absent`: the token names no place in a status list
 * - `foreign`: it names a list that is not one of those configured
 * - `out of range`: the list ends before that place, or the place is no index
 * - `other`: a value to which the specification gives no meaning
 * - `stale`: no list that is still good can be had
 */
export type TokenStatus =
  | 'valid'
  | 'revoked'
  | 'suspended'
  | 'other'
  | 'absent'
  | 'foreign'
  | 'out of range'
  | 'stale'

export interface OpaqueToken extends ReadableToken {
  readonly form: 'opaque'
  /** Who was asked about it. */
  readonly issuer?: string
}

export type AccessToken = JwtToken | OpaqueToken
export type UnreadableToken = { readonly form: 'unreadable'; readonly reason: string }
/** The issuer could not be asked: its keys or its introspection endpoint are out of reach. */
export type UnavailableToken = { readonly form: 'unavailable'; readonly reason: string }

export interface DpopFields {
  readonly count: number
  /** The first field. */
  readonly proof?: Proof | { readonly form: 'unreadable'; readonly reason: string }
}

export interface Proof {
  readonly form: 'proof'
  readonly jws: Jws
  readonly header: ProofHeader
  readonly nonce: NonceReading
}

/** The header of a proof and what follows from it: the same in every proof of one key. */
export interface ProofHeader {
  /** As it was sent. */
  readonly segment: string
  /** `undefined`: no JSON object. Such a proof is unreadable. */
  readonly parameters: Claims | undefined
  /** The key in the `jwk` header parameter; `undefined`: absent, symmetric or malformed. */
  readonly key: JwsKey | undefined
  /** RFC 7638 thumbprint of that key. */
  readonly thumbprint: string | undefined
}

export interface ClientCertificate {
  /** base64url of the SHA-256 of the DER certificate: what `x5t#S256` must be (RFC 8705 §3.1). */
  readonly thumbprint: string
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** What a path and a revocation list say of it now. `undefined`: nobody was asked. */
  readonly trust?: CertificateVerdict
}

export type CertificateVerdict =
  | { readonly ok: true }
  | {
      readonly ok: false
      /** Of the specification that says so: `RFC5280-6.1.3-a3`. */
      readonly clause: string
      /** For the log. Names no key. */
      readonly reason: string
      /** Nothing speaks against the certificate, but what would (a revocation list) cannot be had. */
      readonly unavailable?: true
    }

/**
 * - `client`: nobody vouches for the connection, and it brought a field that only a hop may send
 * - `hop`: a reverse proxy that ended the client's TLS, authenticated by its own certificate
 */
export type Forwarding =
  | { readonly by: 'client'; readonly field: string }
  | {
      readonly by: 'hop'
      /** What is wrong with the certificate that it forwards, where something is. */
      readonly malformed?: string
      /** The host that it forwards, where that is none of ours. */
      readonly foreignHost?: string
    }

export interface MemoryFacts {
  /** The life of the replay memory in which this request is decided. */
  readonly generation?: string
  /** Milliseconds since the epoch: from then on the replay memory is complete. */
  readonly since: number
  /** What the memory answered, once it has been asked: the one effect, after all pure rows. */
  readonly answer?: MemoryAnswer
}

export type MemoryAnswer =
  | 'recorded'
  | 'seen'
  | 'nonce-left-out'
  | 'new-generation'
  | 'full'
  | 'over-quota'
  | 'unreachable'
