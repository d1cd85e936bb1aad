import { type Claims, parseJsonObject } from '@holdfast/sender-constraint'

/** The part of `fetch` that is used, so that a caller can give one with its own trust. */
export type Fetch = (
  url: string,
  init?: {
    method?: string
    headers?: Record<string, string>
    body?: string
    redirect?: 'error'
    signal?: AbortSignal
  },
) => Promise<{
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: { getReader(): BodyReader } | null
}>

interface BodyReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  cancel(): Promise<void>
}

export interface Question {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  /** Milliseconds. A request waits no longer for the issuer than a client would for us. */
  readonly patience?: number
  /** Bytes that the answer may have. */
  readonly most?: number
}

export interface IssuerAnswer {
  readonly status: number
  readonly etag: string | null
  readonly body: Buffer
}

/** The issuer answers something else than was asked. */
export class IssuerError extends Error {
  override readonly name = 'IssuerError'
}

/** @throws IssuerError, or what `fetch` throws of an issuer that does not answer */
export async function ask(fetch: Fetch, url: string, question: Question): Promise<IssuerAnswer> {
  const { patience = 5_000, most = 65_536, ...init } = question
  const response = await fetch(url, {
    ...init,
    redirect: 'error', // whoever can redirect us could give us keys
    signal: AbortSignal.timeout(patience),
  })
  return {
    status: response.status,
    etag: response.headers.get('etag'),
    body: await bytesOf(response.body?.getReader(), most),
  }
}

async function bytesOf(reader: BodyReader | undefined, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  let part = await reader?.read()
  while (part?.value) {
    chunks.push(part.value)
    length += part.value.length
    if (length > most) {
      await reader?.cancel()
      throw new IssuerError(`an answer of more than ${most} bytes`)
    }
    part = await reader?.read()
  }
  return Buffer.concat(chunks)
}

/** RFC 8414 §3.3: metadata whose issuer is not the one we asked is somebody else's. */
export async function fetchMetadata(fetch: Fetch, issuer: string): Promise<Claims> {
  const metadata = await getJson(fetch, metadataUrl(issuer))
  if (metadata['issuer'] !== issuer) throw new IssuerError(`metadata of another issuer`)
  return metadata
}

// RFC 8414 §3.1: the well-known part stands between the host and the path of the issuer.
function metadataUrl(issuer: string): string {
  const { origin, pathname } = new URL(issuer)
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`
}

/** RFC 8414 §2: an https URL. What is missing is not remembered as `undefined`, but asked for again. */
export function urlIn(metadata: Claims, name: string): string {
  const url = metadata[name]
  if (typeof url !== 'string' || !url.startsWith('https://'))
    throw new IssuerError(`metadata without an https ${name}`)
  return url
}

export async function getJson(fetch: Fetch, url: string, question: Question = {}): Promise<Claims> {
  const { status, body } = await ask(fetch, url, question)
  const json = parseJsonObject(body)
  if (status !== 200 || !json) throw new IssuerError(`${url} answered ${status}`)
  return json
}
