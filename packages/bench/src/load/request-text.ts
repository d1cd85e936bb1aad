import { makeProof } from '@holdfast/client'
import { PATH } from '../scenario.ts'
import type { BenchClient } from './clients.ts'

/** Where the requests go. */
export interface Aim {
  /** The Host field. */
  readonly host: string
  /** What the server takes for the URL of this request. */
  readonly htu: string
}

/** A request as it goes over the wire. */
export function requestText(host: string, fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host, ...fields }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${PATH} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** @param signer whose key signs, if it is not the client's */
export async function signedRequest(
  client: BenchClient,
  { host, htu }: Aim,
  signer = client,
): Promise<string> {
  const { token: accessToken } = client
  const key = { ...client, privateKey: signer.privateKey }
  const proof = await makeProof(key, { method: 'GET', url: htu, accessToken })
  return requestText(host, { authorization: `DPoP ${accessToken}`, dpop: proof })
}
