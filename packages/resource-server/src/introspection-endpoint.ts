import type { Claims } from '@holdfast/sender-constraint'
import { elapsed } from './elapsed.ts'
import { fetchMetadata, IssuerError, urlIn } from './issuer.ts'
import type { IssuerOptions } from './issuer-keys.ts'
import { pauseAfterFailure } from './pause.ts'

/** Milliseconds between two discoveries that failures of the endpoint can cause. */
const RATE = 5_000

export interface IntrospectionEndpoint {
  /** @throws IssuerError, or what `fetch` throws */
  readonly locate: () => Promise<string>
  /** It failed: before it is used again, the metadata are. */
  readonly doubt: () => void
}

/** Finds the endpoint in the issuer's metadata, once for all who wait, and again after failures. */
export function introspectionEndpoint(
  { issuer, fetch, now }: IssuerOptions,
  byMtls: boolean,
): IntrospectionEndpoint {
  const pause = pauseAfterFailure(now)
  let found: { readonly url: string; readonly at: number } | undefined
  let doubted = false
  let finding: Promise<string> | undefined

  async function discover(): Promise<string> {
    try {
      const url = endpointIn(await fetchMetadata(fetch, issuer), byMtls)
      found = { url, at: now() }
      doubted = false
      pause.succeeded()
      return url
    } catch (error) {
      pause.failed()
      throw error
    }
  }

  return {
    locate: async () => {
      if (found && !(doubted && elapsed(found.at, now()) > RATE)) return found.url
      if (!finding && pause.lasts()) throw new IssuerError('the metadata failed a moment ago')
      finding ??= discover().finally(() => {
        finding = undefined
      })
      return finding
    },
    doubt: () => {
      doubted = true
    },
  }
}

// RFC 8705 §5: where the endpoint has an alias for clients with certificates, that is the one.
function endpointIn(metadata: Claims, byMtls: boolean): string {
  const aliases: Claims = Object(metadata['mtls_endpoint_aliases'])
  const aliased = byMtls && aliases['introspection_endpoint'] !== undefined
  return urlIn(aliased ? aliases : metadata, 'introspection_endpoint')
}
