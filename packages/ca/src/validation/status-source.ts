/**
 * Where a server's CRLs and intermediate CAs come from: files, looked at before every answer so that
 * a revocation holds from the next request on (a `stat` costs microseconds), and URLs, fetched again
 * and again. What cannot be read leaves what was known; growing stale is what refuses.
 */
import { readFileSync, statSync } from 'node:fs'

export interface StatusSource {
  /** For messages: the path or URL. */
  readonly name: string
  /** New content since the last look, if it is there already. Never throws. */
  look(): Buffer | undefined
  /** Resolves when `look` has all there is. Never rejects. */
  refresh(): Promise<void>
  /** Why the last attempt failed. */
  readonly problem: string | undefined
}

export function statusSource(location: string): StatusSource {
  return /^https?:/.test(location) ? new UrlSource(location) : new FileSource(location)
}

/** A file's time can stand still for a kernel tick: one younger than this is read again. */
const SETTLED = 100

class FileSource implements StatusSource {
  readonly name: string
  problem: string | undefined
  #seen = ''
  #content = Buffer.alloc(0)

  constructor(path: string) {
    this.name = path
  }

  look(): Buffer | undefined {
    try {
      const { ino, mtimeMs, size } = statSync(this.name)
      const stamp = `${ino} ${mtimeMs} ${size}`
      if (stamp === this.#seen) return undefined
      const content = readFileSync(this.name)
      this.#seen = Date.now() - mtimeMs < SETTLED ? '' : stamp
      this.problem = undefined
      if (content.equals(this.#content)) return undefined
      this.#content = content
      return content
    } catch (cause) {
      this.problem = `${this.name} cannot be read (${messageOf(cause)})`
      return undefined
    }
  }

  async refresh(): Promise<void> {
    // `look` reads at once.
  }
}

/** Milliseconds until a fetch is given up. */
const PATIENCE = 5_000
/** Bytes of a list: half a million revocations. It comes over plain HTTP, from whoever answers there. */
const LARGEST = 32 * 1024 * 1024

class UrlSource implements StatusSource {
  readonly name: string
  problem: string | undefined = 'not fetched yet'
  #etag: string | null = null
  #fresh: Buffer | undefined

  constructor(url: string) {
    this.name = url
  }

  look(): Buffer | undefined {
    const fresh = this.#fresh
    this.#fresh = undefined
    return fresh
  }

  async refresh(): Promise<void> {
    try {
      const response = await fetch(this.name, {
        headers: this.#etag === null ? {} : { 'if-none-match': this.#etag },
        redirect: 'error',
        signal: AbortSignal.timeout(PATIENCE),
      })
      const content = await bytesOf(response)
      if (response.status !== 304) {
        if (!response.ok) throw new Error(`status ${response.status}`)
        this.#fresh = content
        this.#etag = response.headers.get('etag')
      }
      this.problem = undefined
    } catch (cause) {
      this.problem = `${this.name} cannot be fetched (${messageOf(cause)})`
    }
  }
}

async function bytesOf({ body }: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    length += chunk.length
    if (length > LARGEST) throw new Error(`more than ${LARGEST} bytes`)
  }
  return Buffer.concat(chunks)
}

function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return 'code' in cause ? String(cause.code) : cause.message
}
