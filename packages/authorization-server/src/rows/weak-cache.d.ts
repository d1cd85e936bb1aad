/** What the library keeps of a provider. The exact version is pinned; see docs/decisions/0003. */
declare module 'oidc-provider/lib/helpers/weak_cache.js' {
  import type { Provider } from 'oidc-provider'

  /** Of its nonces: `undefined` where it was given no `nonceSecret`. */
  export default function instance(provider: Provider): {
    DPoPNonces:
      | {
          readonly checkChallenge: (nonce: string) => boolean
          readonly nextChallenge: () => unknown
        }
      | undefined
  }
}
