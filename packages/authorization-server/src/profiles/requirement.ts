import type { ClauseId } from '@holdfast/sender-constraint'
import type {
  AccessToken,
  ClientCredentials,
  KoaContextWithOIDC,
  Configuration as ProviderConfiguration,
  UnknownObject,
} from 'oidc-provider'
import type { Metadata } from '../clients/client-metadata.ts'
import type { Configuration } from '../configuration/configuration.ts'
import type { Exchange } from '../extensions/token-exchange/facts.ts'
import type { House } from '../house.ts'
import type { Algorithm } from '../vocabulary/algorithms.ts'
import type { endpoints } from '../vocabulary/endpoints.ts'

export type IssuedToken = AccessToken | ClientCredentials

/** What a request object says, once the library has found its audience, issuer and time in order. */
export interface RequestObject {
  readonly header: UnknownObject
  readonly claims: UnknownObject
  /** Seconds. */
  readonly now: number
}

/** What may differ from client to client. A profile names what it changes; the rest is strict. */
export interface Terms {
  readonly grantTypes: readonly string[]
  /** Of every signature that this client makes, and of what is signed for it. */
  readonly algorithms: readonly Algorithm[]
  /** Endpoints whose URL, at the issuer or where the request came, does as `aud` of a client assertion. */
  readonly audiences: readonly (keyof typeof endpoints)[]
  /** Whether this client may send request objects (RFC 9101). */
  readonly requestObjects: boolean
  /** Whether this resource server is answered by signed introspection responses only (RFC 9701). */
  readonly signedIntrospection: boolean
}

/** One sentence of a specification, and everything that follows from it here. */
export interface Requirement {
  readonly clause: ClauseId
  /** What must hold, in our own words. */
  readonly sentence: string
  /** What the library is told, once for all clients. */
  readonly sets?: (house: House, offered: Offered) => ProviderConfiguration
  /**
   * What an access token says besides (in a JWT, and where it is introspected). Throws where it is not
   * to be issued.
   */
  readonly tokenClaims?: (ctx: KoaContextWithOIDC, offered: Offered, token: IssuedToken) => Metadata
  /** What each client of the profile is registered with. Metadata that says otherwise is refused. */
  readonly registers?: Metadata
  /** Whether a client's metadata holds it. Metadata that does not is refused. */
  readonly asks?: (client: Metadata, terms: Terms) => boolean
  /** Whether a server of this configuration can serve such a client. If not, it does not start. */
  readonly serves?: (client: Metadata, configuration: Configuration) => boolean
  /** Whether a client's request object holds it. One that does not is refused. */
  readonly requestObject?: (object: RequestObject) => boolean
  /** Whether a token exchange holds it. One that does not is refused, by `invalid_request` unless said. */
  readonly exchange?: {
    readonly holds: (exchange: Exchange) => boolean
    readonly error?: 'invalid_target' | 'invalid_scope'
  }
  readonly terms?: Partial<Terms>
}

/** What the security profile has to know of the others that this server offers. */
export interface Offered {
  /** Of all the profiles together. */
  readonly algorithms: readonly Algorithm[]
  readonly termsOf: (profile: unknown) => Terms
  readonly requirementsOf: (profile: unknown) => readonly Requirement[]
  /** What is weaker than FAPI 2.0 wants it for clients of this profile, if anything is. */
  readonly relaxationOf: (profile: unknown) => string | undefined
  /** The first requirement that a client's metadata breaks. */
  readonly weakness: (client: Metadata) => Weakness | undefined
}

export interface Weakness {
  /** Absent where the sentence is ours. */
  readonly clause?: ClauseId
  readonly sentence: string
}
