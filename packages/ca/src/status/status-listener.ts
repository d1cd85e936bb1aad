/**
 * CRLs, OCSP and CA certificates over HTTP, at the addresses that certificates name. Plain HTTP, as
 * RFC 5280 §8 wants it: what is served is signed, and a TLS server's own status would be needed to
 * ask for a TLS server's status.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authority } from '../authority.ts'
import type { Context } from '../context.ts'
import { AuthorityError } from '../error.ts'
import { OcspResponder } from './ocsp.ts'
import { encodeOcspFailure } from './ocsp-message.ts'
import { authorityNamed, currentCrl, publishStatus } from './publish.ts'

export type StatusListener = (request: IncomingMessage, response: ServerResponse) => void

interface Body {
  readonly type: string
  readonly bytes: Buffer
  /** Absent: whoever asks again with the ETag is told when nothing has changed. */
  readonly once?: true
}

/** Bytes of an OCSP request: twenty certificates and a nonce have less. */
const LONGEST_REQUEST = 8_192
const OCSP = 'application/ocsp-response'

/**
 * For `http.createServer`: `GET /crl/<ca>.crl`, `GET /ca/<ca>.cer`, `GET /status.pem`, `POST /ocsp`
 * and `GET /ocsp/<base64>` (RFC 6960 §A.1), where `<ca>` is root, issuing, issuing-2, ….
 */
export function statusListener(authority: Pick<Authority, 'context'>): StatusListener {
  const { context } = authority
  const responder = new OcspResponder(context)
  return (request, response) => {
    void answer(context, responder, request).then(
      (body) => send(request, response, body),
      (error: unknown) => fail(response, error),
    )
  }
}

async function answer(
  context: Context,
  responder: OcspResponder,
  request: IncomingMessage,
): Promise<Body | number> {
  const path = (request.url ?? '').split('?')[0] ?? ''
  const [, folder = '', name = ''] = /^\/(\w+)(?:\/(.*))?$/s.exec(path) ?? []
  if (folder === 'ocsp') return await answerOcsp(responder, request, name)
  if (request.method !== 'GET' && request.method !== 'HEAD') return 405
  if (path === '/status.pem') {
    await context.refresh()
    const text = await publishStatus(context)
    return { type: 'application/x-pem-file', bytes: Buffer.from(text) }
  }
  const [, ca = '', ending = ''] = /^([a-z]+(?:-\d{1,6})?)\.(crl|cer)$/.exec(name) ?? []
  if (folder === 'crl' && ending === 'crl') {
    await context.refresh()
    const { der } = await currentCrl(context, ca)
    return { type: 'application/pkix-crl', bytes: der } // RFC 2585 §4.2
  }
  if (folder === 'ca' && ending === 'cer') {
    const { pair } = authorityNamed(context, ca)
    return { type: 'application/pkix-cert', bytes: pair.certificate.value.raw } // RFC 2585 §4.1
  }
  return 404
}

async function answerOcsp(
  responder: OcspResponder,
  request: IncomingMessage,
  name: string,
): Promise<Body | number> {
  if (request.method === 'GET' && name !== '') {
    const der = decodePath(name)
    const bytes = der ? await responder.answer(der) : encodeOcspFailure('malformedRequest')
    return { type: OCSP, bytes, once: true }
  }
  if (request.method !== 'POST' || name !== '') return 405
  if (request.headers['content-type'] !== 'application/ocsp-request') return 415
  const der = await readBody(request)
  return der ? { type: OCSP, bytes: await responder.answer(der), once: true } : 413
}

/** RFC 6960 §A.1: base64, URL-encoded. Slashes may come as they are. */
function decodePath(text: string): Buffer | undefined {
  try {
    const base64 = decodeURIComponent(text)
    return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : undefined
  } catch {
    return undefined // not URL-encoded
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > LONGEST_REQUEST) return undefined
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

function send(request: IncomingMessage, response: ServerResponse, body: Body | number): void {
  if (typeof body === 'number') {
    if (body === 405) response.setHeader('allow', 'GET, HEAD, POST')
    // What is left of a body that is too long is not read.
    if (body === 413) response.setHeader('connection', 'close')
    response.writeHead(body, { 'content-length': 0 }).end()
    return
  }
  const { type, bytes, once } = body
  const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`
  response.setHeader('content-type', type)
  // A copy may be kept but must be asked about: a revocation is to be seen at the next look.
  response.setHeader('cache-control', once ? 'no-store' : 'no-cache')
  if (!once) response.setHeader('etag', etag)
  if (!once && request.headers['if-none-match'] === etag) {
    response.writeHead(304).end()
    return
  }
  response.setHeader('content-length', bytes.length)
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

function fail(response: ServerResponse, error: unknown): void {
  const unknown = error instanceof AuthorityError && error.code === 'unknown'
  // A missing key or a full disk: the list may be there the next time (and nothing is said of files).
  if (!unknown) response.setHeader('retry-after', '5')
  response.writeHead(unknown ? 404 : 503, { 'content-length': 0 }).end()
}
