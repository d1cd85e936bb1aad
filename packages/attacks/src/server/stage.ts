/**
 * Where tokens are issued: two honest clients, an end-user with a browser, and the requests that
 * they make, which an attack edits. What the attacker is, is another client of the same server.
 */
import type { ProofKey } from '@holdfast/client'
import type { Certificate, WireRequest, WireResponse } from '../wire.ts'

/** A registered client, with all that it holds. */
export interface Party {
  readonly clientId: string
  readonly redirectUri: string
  /** Where its requests go: the issuer, or its mTLS alias. */
  readonly base: string
  /** By which it is known, if it does not sign. */
  readonly certificate?: Certificate
  /** With which it signs assertions and requests. */
  readonly signing?: { readonly key: ProofKey; readonly kid: string }
  /** Of its proofs; absent: its tokens are constrained by its certificate. */
  readonly key?: ProofKey
}

export interface IssuerStage {
  readonly issuer: string
  /** PEM. */
  readonly trust: string
  /** Resource indicator of an API, and of another of the same server. */
  readonly resource: string
  readonly otherResource: string
  readonly victim: Party
  /** Another client of the same server, honest as far as the server knows. */
  readonly attacker: Party
  readonly attackersKey: ProofKey
  /** A client that must sign its requests. */
  readonly signer: Party
  /** A client whose end-users decide on another device; its tokens are certificate-bound. */
  readonly ciba: Party
  /** A client that signs, whose tokens are certificate-bound. */
  readonly bound: Party
  /** A client that is known by the name in its certificate (`tls_client_auth`). */
  readonly named: Party
  /** A client that is known by its certificate, which no authority signed. */
  readonly selfSigned: Party
  /** What an attacker has made who wants to be taken for the owner of a certificate. */
  readonly imitate: (how: Imitation, of: Party) => Promise<Certificate>
  /** By which a client like the victim registers itself, once. */
  readonly softwareStatement: () => Promise<string>
  /** The end-user logs in and consents; where the browser comes back to. */
  readonly approve: (url: string, redirectUri: string) => Promise<URL>
  readonly approveDevice: (url: string) => Promise<void>
  /** The end-user allows, on another device, what is asked by this binding message. */
  readonly approveElsewhere: (bindingMessage: string) => Promise<void>
}

/** Certificates that differ from an honest one in just what they are called: see `ca/fixtures`. */
export type Imitation =
  | 'expired'
  | 'notYetValid'
  | 'revoked'
  | 'twin'
  | 'twinNamingOurKey'
  | 'selfSignedTwin'
  | 'nameInOneValue'
  | 'wrongPurpose'
  | 'caAsClient'
  | 'renewedWithSameKey'

/** `undefined` takes a member out. */
export type Form = Readonly<Record<string, string | undefined>>
export type Claims = Readonly<Record<string, unknown>>

/** How the last request of an attack differs from the honest one. */
export interface Edit {
  readonly by?: Party
  readonly form?: Form
  /** Of the authorization request, where the last one comes after it. */
  readonly authorization?: Form
  /** Of its assertion, where the client signs one; `null`: it does not authenticate at all. */
  readonly assertion?: Claims | null
  /** The header of the assertion. */
  readonly header?: Claims
  /** Of the request object, where the client signs one (RFC 9101). */
  readonly object?: { readonly by?: Party; readonly claims?: Claims; readonly header?: Claims }
  /** What a client asks to be registered with. */
  readonly metadata?: Claims
  /** Whose key makes the proof; `null`: there is none. */
  readonly proof?: ProofKey | null
  /** Of the proof. */
  readonly claims?: Claims
  readonly certificate?: Certificate | null
  readonly host?: string
  /** Besides. */
  readonly fields?: WireRequest['fields']
  /** Sent again, by a proof of its own: the same form with another assertion, or the same body. */
  readonly twice?: 'form' | 'body'
}

/** What a client sends beside its proof or certificate. */
export interface Asked {
  /** Default: POST. */
  readonly method?: string
  /** A path is one of the server's, where the client goes to. */
  readonly url: string
  readonly body?: readonly [type: string, text: string]
  /** Presented by the scheme DPoP. */
  readonly token?: string
}

export interface IssuerScene extends IssuerStage {
  /** A form with client authentication, by a client with its proof or certificate. */
  readonly ask: (path: string, form: Form, edit?: Edit) => Promise<WireResponse>
  /** Anything else, with the same proof or certificate. */
  readonly request: (asked: Asked, edit?: Edit) => Promise<WireResponse>
  /** The victim's request to an API. */
  readonly call: (url: string, token: string) => Promise<WireResponse>
  readonly sign: (by: Party, claims: Claims, header?: Claims) => Promise<string>
  /** A JWT, signed by the attacker's key in the name of who signed it, and edited. */
  readonly resigned: (jwt: string, claims?: Claims) => Promise<string>
}

/** A request, and all that comes before it. Only itself is edited; without an edit it is served. */
export type Honest = (scene: IssuerScene, edit?: Edit) => Promise<WireResponse>
