/** `scripts/lab keys …`: the authorization server's keys, in the store that its nodes share. */
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  KeysNotSettledError,
  type KeyStore,
  type KeySummary,
  listKeys,
  rotateKeys,
} from '@holdfast/authorization-server'
import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { keyStoreOf } from '../servers/key-store.ts'
import { openRecords } from '../store/open.ts'
import { filesOf } from '../store/setting.ts'
import { bold, column, dim, printJson, toPeople as tell } from '../tell/terminal.ts'
import { configurationOf, json } from './global.ts'

export function define(keys: Command): void {
  keys.helpCommand(false)
  const add = (
    name: string,
    description: string,
    run: (store: KeyStore) => Promise<readonly KeySummary[]>,
  ) =>
    keys
      .command(name)
      .description(description)
      .addOption(json)
      .action(async (options: { json?: true }, command: Command) => {
        const list = await withKeyStore(command, run)
        if (options.json) printJson(list)
        else show(list)
      })
  add('list', 'purpose, state and kid of every key', listKeys)
  add('rotate', 'let the next keys sign; servers that are up follow within a second', rotate)
}

async function withKeyStore<T>(command: Command, use: (store: KeyStore) => Promise<T>): Promise<T> {
  const configuration = configurationOf(command)
  const { store } = configuration
  // To open a file is to make it: there, nobody has been.
  if (store.engine === 'sqlite' && !existsSync(filesOf(store).records))
    throw new UsageError(`${filesOf(store).records} is not there: no lab has been up here`)
  const records = await openRecords(configuration)
  try {
    return await use(await keyStoreOf(configuration, records))
  } finally {
    await records.close()
  }
}

/** Waits until every node can be said to publish the next keys. */
async function rotate(store: KeyStore): Promise<readonly KeySummary[]> {
  try {
    return await rotateKeys(store)
  } catch (error) {
    if (!(error instanceof KeysNotSettledError)) throw error
    process.stderr.write(`holdfast: ${error.message}: waiting\n`)
    await sleep(Math.max(0, error.settledAt - Date.now()))
    return rotate(store)
  }
}

function show(list: readonly KeySummary[]): void {
  for (const { purpose, state, kid, since, until } of list) {
    const time = dim(until === undefined ? `since ${since}` : `until ${until}`)
    tell(`${bold(column(purpose, 12))}${column(state, 10)}${column(kid, 45)}${time}`)
  }
}
