/** What `call --curl` prints. */
import { join } from 'node:path'
import { type FapiClient, makeProof, type Tokens } from '@holdfast/client'
import { resourcesOf } from '../addresses.ts'
import type { Attached } from '../attach.ts'
import { clientFolder } from '../clients/clients.ts'
import { UsageError } from '../errors.ts'

/** A request, as it will stand on the wire. */
export interface Call {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** A command for somebody's shell: it holds a token and a proof that are good for a minute. */
export async function curlOf(
  lab: Attached,
  client: FapiClient,
  { access_token: accessToken }: Tokens,
  { method, url, headers, body }: Call,
): Promise<string> {
  if (lab.isPrivate)
    throw new UsageError('--curl is for a lab that stays: start scripts/lab up in another terminal')
  const folder = clientFolder(lab.folders.state, client.material.clientId)
  const { proofKey } = client
  const nonce = proofKey && (await nonceOf(lab, client, { accessToken, url }))
  const credentials = proofKey
    ? [
        ['-H', `Authorization: DPoP ${accessToken}`],
        [
          '-H',
          `DPoP: ${await makeProof(proofKey, { method, url, accessToken, ...(nonce && { nonce }) })}`,
        ],
      ]
    : [
        ['-H', `Authorization: Bearer ${accessToken}`],
        ['--cert', join(folder, 'certificate.pem')],
        ['--key', join(folder, 'certificate.key.pem')],
      ]
  const words = [
    ['--cacert', join(folder, 'trust.pem')],
    ...credentials,
    // curl leaves out a field without a value, unless it ends in a semicolon.
    ...Object.entries(headers).map(([name, value]) => [
      '-H',
      value ? `${name}: ${value}` : `${name};`,
    ]),
    ...(body === undefined ? [] : [['--data-raw', body]]),
  ]
  const lines = words.map(([option, value = '']) => `  ${option} ${quoted(value)}`)
  // curl would wait for the body of an answer to HEAD, and reads brackets as patterns.
  const how = method === 'HEAD' ? '--head' : `-X ${method}`
  const glob = /[[\]{}]/.test(url) ? ' --globoff' : ''
  return [`curl ${how}${glob} ${quoted(url)}`, ...lines].join(' \\\n') + '\n'
}

// A lab that has just started asks every client for a nonce; this finds out whether it does.
async function nonceOf(
  lab: Attached,
  client: FapiClient,
  { accessToken, url: target }: { readonly accessToken: string; readonly url: string },
): Promise<string | null> {
  const { jwt, opaque } = resourcesOf(lab.addresses.resource)
  if (!client.proofKey || !target.startsWith(jwt)) return null
  const url = `${target.startsWith(opaque) ? opaque : jwt}/anything`
  const proof = await makeProof(client.proofKey, { method: 'GET', url, accessToken })
  const headers = { authorization: `DPoP ${accessToken}`, dpop: proof }
  return (await client.fetch(url, { headers })).headers.get('dpop-nonce')
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`
