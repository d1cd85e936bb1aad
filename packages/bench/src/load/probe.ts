/** One request at a time, to see whether a server does what its speed is to be measured for. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls, type SecureContextOptions } from 'node:tls'
import { BenchError } from '../error.ts'
import type { BenchClient } from './clients.ts'
import { type Aim, requestText, signedRequest } from './request-text.ts'

/** Sends a request as it stands. @returns the status of the answer */
export async function statusOf(
  { hostname, port, protocol }: URL,
  text: string,
  certificate: SecureContextOptions = {},
): Promise<number> {
  const address = { host: hostname, port: Number(port) }
  const socket =
    protocol === 'https:'
      ? connectTls({ ...address, ...certificate, rejectUnauthorized: false })
      : connect(address)
  try {
    socket.write(text)
    const [answer]: unknown[] = await once(socket, 'data')
    return Number(/^HTTP\/1\.1 (\d{3}) /.exec(String(answer))?.[1])
  } finally {
    socket.destroy()
  }
}

/** @throws BenchError if the server answers otherwise than it should */
export async function expectStatus(
  what: string,
  actual: Promise<number>,
  right: (status: number) => boolean,
): Promise<void> {
  const status = await actual
  if (!right(status)) throw new BenchError(`${what} is answered ${status}`)
}

export const taken = (status: number): boolean => status === 200
export const refused = (status: number): boolean => status === 400 || status === 401

/**
 * Shows that a server takes proofs and checks them. What it lets through without looking is no
 * competitor.
 *
 * @returns whether it refuses a proof that was used before
 */
export async function checkProofs(
  server: URL,
  clients: readonly BenchClient[],
  aim: Aim,
): Promise<boolean> {
  const [client, other = client] = clients
  if (!client || !other) throw new RangeError('no clients')
  const ask = (text: string) => statusOf(server, text)
  const honest = await signedRequest(client, aim)
  await expectStatus('an honest request', ask(honest), taken)
  const replayed = await ask(honest)

  const naked = requestText(aim.host, { authorization: `DPoP ${client.token}` })
  await expectStatus('a request without a proof', ask(naked), refused)
  const elsewhere = await signedRequest(client, { ...aim, htu: `${aim.htu}/other` })
  await expectStatus('a proof for another URL', ask(elsewhere), refused)
  if (other !== client) {
    const forged = await signedRequest(client, aim, other)
    await expectStatus('a proof with a wrong signature', ask(forged), refused)
    const stolen = await signedRequest({ ...other, token: client.token }, aim)
    await expectStatus('a token bound to another key', ask(stolen), refused)
  }
  await expectStatus('an honest request', ask(await signedRequest(client, aim)), taken)
  return refused(replayed)
}
