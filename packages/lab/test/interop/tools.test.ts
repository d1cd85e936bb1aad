/** The same first flow by other people's tools: the client's demos, run as their first lines say. */
import { join } from 'node:path'
import { ReplayMemoryInProcess } from '@holdfast/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPrivate } from '../../src/attach.ts'
import { readConfiguration } from '../../src/configuration.ts'
import { ROOT, startProgram } from '../program.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>

beforeAll(async () => {
  lab = await startPrivate(readConfiguration({ ephemeral: true }))
  await askForNonces()
})
afterAll(() => lab.close())

/** Both servers, so that each tool has to know what to answer. */
async function askForNonces(): Promise<void> {
  lab.experiment({ nonce: 'required' })
  await lab.experimentWithIssuer({ memory: new ReplayMemoryInProcess() }) // one that has just begun
}

const CLI = join(ROOT, 'packages/lab/src/cli.ts')

/** A shell script runs the lab's commands, which are ours and not those of an installation. */
const play = (tool: string) =>
  startProgram(
    [
      join(ROOT, 'packages/client/src/demos/tools', tool),
      join(lab.folders.state, 'clients/private-key-jwt-dpop'),
      lab.addresses.resource,
    ],
    {
      env: { ...process.env, LAB: `${process.execPath} ${CLI}` },
      ...(tool.endsWith('.sh') && { program: 'sh' }),
    },
  ).outcome

const TOOLS = ['openid-client.ts', 'oauth4webapi.ts', 'fetch.ts', 'curl.sh']

// The script starts six processes one after the other.
const TIME = { timeout: 90_000 }

test.for(TOOLS)('%s is served', TIME, async (tool) => {
  const { code, out, err } = await play(tool)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/^token of type dpop, \d+ s, scope "accounts"$/im)
  expect(out).toContain(`GET ${lab.addresses.resource}/accounts: 200\n`)
})

test.for(TOOLS)('%s fails where the API does not serve', TIME, async (tool) => {
  const memory = new ReplayMemoryInProcess(Date.now, { records: 0, perOwner: 0 })
  lab.experiment({ memory, nonce: 'required' })
  const { code, out } = await play(tool)
  expect(out).toContain(`GET ${lab.addresses.resource}/accounts: 503\n`)
  expect(code).toBe(1)
})
