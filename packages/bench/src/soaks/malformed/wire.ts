import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { protect } from '@holdfast/resource-server/node'
import type { Attempt } from './edits.ts'
import type { Random } from './random.ts'

type Options = Parameters<typeof protect>[0]

/** How long a request that is never complete is waited for, in milliseconds. */
const PATIENCE = 100
/** Milliseconds. A server that has not answered by then, hangs. */
const LONGEST = 10_000

export function serverOf(options: Options): Server {
  const server = createServer(
    { headersTimeout: PATIENCE, requestTimeout: PATIENCE, connectionsCheckingInterval: 20 },
    protect(options, (_request, response) => response.end('{}')),
  )
  server.keepAliveTimeout = PATIENCE // where `Connection: close` was spoilt
  return server
}

interface Answered {
  readonly status: number
  readonly body: string
}

export const plain =
  (port: number): (() => Socket) =>
  () =>
    connect(port, '127.0.0.1')

/** Sends bytes as they are. @returns each final answer, until the connection ends */
export function answersOf(open: () => Socket, bytes: Uint8Array): Promise<readonly Answered[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Answered[]>()
  let answers = ''
  const socket = open()
  socket.write(bytes)
  socket.setEncoding('latin1').setTimeout(LONGEST, () => {
    reject(new Error('no answer'))
    socket.destroy()
  })
  socket.on('data', (part: string) => (answers += part))
  socket.on('error', () => undefined) // the server may close while we still send
  socket.on('close', () => {
    const each = answers.split(/^HTTP\/1\.1 (?=[2-5]\d\d )/m).slice(1)
    resolve(each.map((answer) => ({ status: Number(answer.slice(0, 3)), body: answer })))
  })
  return promise
}

export const bytesOf = ({ method, target, fields }: Attempt): Buffer =>
  Buffer.from(
    [
      `${method} ${target} HTTP/1.1`,
      ...[['Host', 'rs.example'], ['Connection', 'close'], ...fields].map((field) =>
        field.join(': '),
      ),
      '\r\n',
    ].join('\r\n'),
  )

// oxfmt-ignore
const LINES = [
  'content-length: -1', 'content-length: 5', 'transfer-encoding: chunked, identity', 'transfer-encoding: chunked',
  'expect: 100-continue', 'expect: the worst', 'upgrade: h2c', 'connection: upgrade', 'host: elsewhere', 'no colon',
  ': no name', ' folded', 'traceparent: 00-', 'cookie: a=b', 'dpop:', 'authorization:', 'x: \u0000', 'x: \u0416',
] as const

/** Spoils the bytes of a request anywhere. It may mean the same as before. */
export function spoilt(bytes: Buffer, random: Random): Buffer {
  const line = Buffer.from(`\r\n${random.pick(LINES)}`)
  const spoil = random.pick<(at: number) => Buffer[]>([
    (at) => [bytes.subarray(0, at), Buffer.of(random.below(256)), bytes.subarray(at + 1)],
    (at) => [bytes.subarray(0, at), Buffer.of(random.below(256)), bytes.subarray(at)],
    (at) => [bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(40))],
    (at) => [bytes.subarray(0, at), bytes.subarray(random.below(at + 1))],
    () => [bytes.subarray(0, -4), line, bytes.subarray(-4)],
    () => [bytes.subarray(0, -4), ...Array.from({ length: 300 }, () => line), bytes.subarray(-4)],
    (at) => [bytes.subarray(0, at), Buffer.alloc(20_000, 'a'), bytes.subarray(at)],
  ])
  return Buffer.concat(spoil(random.below(bytes.length)))
}
