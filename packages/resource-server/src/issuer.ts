import { type Claims, parseJsonObject } from '@holdfast/sender-constraint'

/** The part of `fetch` that is used, so that a caller can give one with its own trust. */
export type Fetch = (
  url: string,
  init?: { method?: string; headers?: Record<string, string>; body?: string; signal?: AbortSignal },
) => Promise<{
  readonly status: number
  readonly headers: { get(name: string): string | null }
  arrayBuffer(): Promise<ArrayBuffer>
}>

/** Milliseconds. A request waits no longer for the issuer than a client would for us. */
const PATIENCE = 5_000

/** The issuer is out of reach or answers something else than was asked. */
class IssuerError extends Error {
  override readonly name = 'IssuerError'
}

/** RFC 8414 §3.3: metadata whose issuer is not the one we asked is somebody else's. */
export async function fetchMetadata(fetch: Fetch, issuer: string): Promise<Claims> {
  const metadata = await getJson(fetch, `${issuer}/.well-known/oauth-authorization-server`)
  if (metadata['issuer'] !== issuer) throw new IssuerError(`metadata of another issuer`)
  return metadata
}

/** RFC 8414 §2: an https URL. What is missing is not remembered as `undefined`, but asked for again. */
export function urlIn(metadata: Claims, name: string): string {
  const url = metadata[name]
  if (typeof url !== 'string' || !url.startsWith('https://'))
    throw new IssuerError(`metadata without an https ${name}`)
  return url
}

export async function getJson(
  fetch: Fetch,
  url: string,
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Claims> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE) })
  const body = parseJsonObject(new Uint8Array(await response.arrayBuffer()))
  if (response.status !== 200 || !body) throw new IssuerError(`${url} answered ${response.status}`)
  return body
}
