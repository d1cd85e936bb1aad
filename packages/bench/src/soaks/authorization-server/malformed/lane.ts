import type { TLSSocket } from 'node:tls'
import { type Answer, Connection } from '../../connection.ts'
import { type Edited, encoded } from './edits.ts'

type Side = Edited['side']

/** One request after the other, on connections that are kept for as long as the server keeps them. */
export class Lane {
  readonly #connect: (side: Side) => TLSSocket
  readonly #connections = new Map<Side, Connection>()

  constructor(connect: (side: Side) => TLSSocket) {
    this.#connect = connect
  }

  async send(edited: Edited): Promise<Answer> {
    const [bytes, bodiless] = [bytesOf(edited), edited.method === 'HEAD']
    const kept = this.#connections.get(edited.side)
    try {
      if (kept?.isOpen) return await this.#ask(kept, edited.side, { bytes, bodiless })
    } catch {
      // The server has closed what it had kept: so on another.
    }
    const fresh = Connection.over(this.#connect(edited.side))
    return this.#ask(fresh, edited.side, { bytes, bodiless })
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close()
  }

  async #ask(
    connection: Connection,
    side: Side,
    { bytes, bodiless }: { readonly bytes: Buffer; readonly bodiless: boolean },
  ): Promise<Answer> {
    this.#connections.set(side, connection)
    const answer = await connection.ask(bytes, bodiless)
    if (/^connection: close/im.test(answer.head)) connection.close()
    return answer
  }
}

const FORM = 'application/x-www-form-urlencoded'

export function bytesOf(edited: Edited, more: readonly string[] = []): Buffer {
  const { method, path, query, fields, form, body = form && encoded(form) } = edited
  const type = Object.hasOwn(edited, 'type') ? edited.type : form && FORM
  const content = Buffer.from(body ?? '')
  const lines = [
    `${method} ${path}${query.length > 0 ? `?${encoded(query)}` : ''} HTTP/1.1`,
    'Host: as.example',
    ...fields.map((field) => field.join(': ')),
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    ...(body === undefined ? [] : [`Content-Length: ${content.length}`]),
    ...more,
    '\r\n',
  ]
  return Buffer.concat([Buffer.from(lines.join('\r\n')), content])
}
