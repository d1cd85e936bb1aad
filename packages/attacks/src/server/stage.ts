/**
 * Where tokens are issued: two honest clients, an end-user with a browser, and the requests that
 * they make, which an attack edits. What the attacker is, is another client of the same server.
 */
import type { ProofKey } from '@holdfast/client'
import type { Certificate, WireResponse } from '../wire.ts'

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
  /** By which a client like the victim registers itself, once. */
  readonly softwareStatement: () => Promise<string>
  /** The end-user logs in and consents; where the browser comes back to. */
  readonly approve: (url: string, redirectUri: string) => Promise<URL>
  readonly approveDevice: (url: string) => Promise<void>
}

/** `undefined` takes a member out. */
export type Form = Readonly<Record<string, string | undefined>>
export type Claims = Readonly<Record<string, unknown>>

/** How a request differs from the honest one of the victim. */
export interface Edit {
  readonly by?: Party
  readonly form?: Form
  /** Of its assertion, where the client signs one; `null`: it does not authenticate at all. */
  readonly assertion?: Claims | null
  /** The header of the assertion. */
  readonly header?: Claims
  /** Whose key makes the proof; `null`: there is none. */
  readonly proof?: ProofKey | null
  /** Of the proof. */
  readonly claims?: Claims
  readonly certificate?: Certificate | null
  readonly host?: string
}

export type Body = readonly [type: string, text: string]

export interface IssuerScene extends IssuerStage {
  /** A form with client authentication, by a client with its proof or certificate. */
  readonly ask: (path: string, form: Form, edit?: Edit) => Promise<WireResponse>
  /** Anything else, with the same proof or certificate. */
  readonly post: (path: string, body: Body, edit?: Edit) => Promise<WireResponse>
  /** The victim's request to an API. */
  readonly call: (url: string, token: string) => Promise<WireResponse>
  readonly sign: (by: Party, claims: Claims, header?: Claims) => Promise<string>
}
