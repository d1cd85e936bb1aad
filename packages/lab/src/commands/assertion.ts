import { makeAssertion } from '@holdfast/client'
import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { signerOf } from '../clients/signing-key.ts'
import { configurationOf } from './global.ts'

export const define = (command: Command): Command =>
  command.requiredOption('--as <client>', 'whose key signs').action(assertion)

async function assertion({ as }: { as: string }, command: Command): Promise<void> {
  const { key, material } = await signerOf(configurationOf(command).state, as)
  if (material.authentication !== 'private_key_jwt')
    throw new UsageError(`${as} is authenticated by ${material.authentication}, not by assertions`)
  const { clientId, issuer } = material
  process.stdout.write(`${await makeAssertion(key, { clientId, issuer })}\n`)
}
