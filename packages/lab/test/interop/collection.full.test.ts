/** The collection of docs/interop, run by Bruno’s command line where that is installed. */
import { join } from 'node:path'
import { ReplayMemoryInProcess } from '@holdfast/store'
import { expect, test } from 'vitest'
import { startPrivate } from '../../src/attach.ts'
import { readConfiguration } from '../../src/configuration.ts'
import { findProgram, ROOT, startProgram } from '../program.ts'

const BRU = findProgram('bru')

test.runIf(BRU === undefined)('left out: bru (npm: @usebruno/cli) is not installed', () => {
  process.stderr.write('packages/lab: left out: bru is not installed\n')
  expect(BRU).toBeUndefined()
})

test.runIf(BRU !== undefined)(
  'Bruno gets from a token to the accounts, nonces included',
  async () => {
    const lab = await startPrivate(readConfiguration({ ephemeral: true }))
    try {
      lab.experiment({ nonce: 'required' })
      await lab.experimentWithIssuer({ memory: new ReplayMemoryInProcess() })
      const folder = join(lab.folders.state, 'clients/private-key-jwt-dpop')
      const { issuer, resource } = lab.addresses
      const variables = Object.entries({ issuer, resource, folder })
      const { code, out } = await startProgram(
        [
          'run',
          '--env',
          'lab',
          '--sandbox',
          'developer',
          '--noproxy',
          '--cacert',
          join(folder, 'trust.pem'),
          '--ignore-truststore',
          ...variables.flatMap(([name, value]) => ['--env-var', `${name}=${value}`]),
        ],
        { program: BRU ?? '', env: process.env, cwd: join(ROOT, 'docs/interop/bruno') },
      ).outcome
      expect({ code, out }).toMatchObject({ code: 0 })
      expect(out).toMatch(/accounts \(200/)
    } finally {
      await lab.close()
    }
  },
  90_000,
)
