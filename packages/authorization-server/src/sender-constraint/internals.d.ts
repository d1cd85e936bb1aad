/** What the library keeps of a provider. The exact version is pinned; see docs/decisions/0003. */
declare module 'oidc-provider/lib/helpers/weak_cache.js' {
  import type { KoaContextWithOIDC, Provider } from 'oidc-provider'

  export default function instance(provider: Provider): {
    /** Of its nonces: `undefined` where it was given no `nonceSecret`. */
    DPoPNonces:
      | {
          readonly checkChallenge: (nonce: string) => boolean
          readonly nextChallenge: () => unknown
        }
      | undefined
    /** By grant type: those that are switched on, and those that were registered. */
    readonly grantTypeHandlers: Map<string, (ctx: KoaContextWithOIDC) => Promise<void> | void>
  }
}

/** The library's own grants, and what each of them is given to work with. */
declare module 'oidc-provider/lib/actions/grants/index.js' {
  import type { KoaContextWithOIDC, Provider } from 'oidc-provider'

  interface Grant {
    readonly grantType: string
    readonly handler: (
      provider: Provider,
      helpers: { readonly [name: string]: (ctx: KoaContextWithOIDC, ...rest: never[]) => unknown },
      ctx: KoaContextWithOIDC,
    ) => Promise<void>
  }

  export const authorization_code: Grant
  export const ciba: Grant
  export const client_credentials: Grant
  export const device_code: Grant
  export const refresh_token: Grant
}
