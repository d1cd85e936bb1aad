import { makeProof } from '@holdfast/client'
import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { asProofKey, signerOf } from '../clients/signing-key.ts'
import { configurationOf } from './global.ts'

interface ProofOptions {
  readonly as: string
  readonly token?: string
  readonly nonce?: string
}

export const define = (command: Command): Command =>
  command
    .argument('<method>', 'GET, POST, …')
    .argument('<url>', 'of the request')
    .requiredOption('--as <client>', 'whose key signs')
    .option('--token <token>', 'the access token that goes with it')
    .option('--nonce <nonce>', 'the server’s, from its DPoP-Nonce')
    .action(proof)

async function proof(method: string, url: string, options: ProofOptions, command: Command) {
  if (URL.parse(url)?.protocol !== 'https:')
    throw new UsageError(`${JSON.stringify(url)} is no https URL`)
  const { key } = await signerOf(configurationOf(command).state, options.as)
  const { token, nonce } = options
  const made = await makeProof(asProofKey(key), {
    method,
    url,
    ...(token !== undefined && { accessToken: token }),
    ...(nonce !== undefined && { nonce }),
  })
  process.stdout.write(`${made}\n`)
}
