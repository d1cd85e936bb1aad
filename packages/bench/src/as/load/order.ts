/** What the load is told, and what it says. */
export const KINDS = ['dpop', 'mtls', 'code'] as const
export type Kind = (typeof KINDS)[number]

export interface LoadSettings {
  readonly kind: Kind
  readonly issuer: string
  readonly mtlsOrigin: string
  readonly connections: number
  /** PEM: whom to trust. */
  readonly trust: string
  /** The private key of assertions. */
  readonly jwk: object
  readonly certificate: { readonly key: string; readonly cert: string }
}

/** For so many seconds, or so often. */
export type Order = { readonly seconds: number } | { readonly times: number }

export type Loaded =
  | {
      /** Milliseconds of each exchange. */
      readonly took: readonly number[]
      readonly seconds: number
    }
  | { readonly error: string }
