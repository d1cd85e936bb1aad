/** A command's view of a lab: the one that is up, or a private one for as long as it takes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClientMaterial, readMaterial } from '@holdfast/client'
import type { Records } from '@holdfast/store'
import { httpReporter, type Reporter, type TraceEvent } from '@holdfast/trace'
import type { KeyStore } from '@holdfast/authorization-server'
import type { Addresses } from './addresses.ts'
import { clientFolder } from './clients/clients.ts'
import type { LabConfiguration } from './configuration.ts'
import { keyStoreOf } from './servers/key-store.ts'
import type { Lab } from './lab.ts'
import { type RunFile, readLiveRun } from './run-file.ts'
import { openRecords } from './store/open.ts'
import { storeIn } from './store/setting.ts'

export interface Attached {
  readonly addresses: Addresses
  /** Is it a lab of our own, which ends with the command? */
  readonly isPrivate: boolean
  readonly folders: { readonly certs: string; readonly state: string }
  readonly material: (client: string) => Promise<ClientMaterial>
  readonly records: Records
  readonly keyStore: KeyStore
  readonly report: Reporter
  /** Everything that was reported of a trace, in the order of time. */
  readonly readTrace: (trace: string) => Promise<readonly TraceEvent[]>
  readonly close: () => Promise<void>
}

/** @throws the errors that `isTold` knows */
export async function attach(configuration: LabConfiguration): Promise<Attached> {
  const run = await readLiveRun(configuration.state)
  return run ? await attachTo(run, configuration) : startPrivate(configuration)
}

async function attachTo(run: RunFile, configuration: LabConfiguration): Promise<Attached> {
  const { state } = configuration
  const { addresses, certs, hubToken } = run
  const { report, flush } = httpReporter(`${addresses.console}/events`, hubToken)
  const records = await openRecords(configuration)
  return {
    addresses,
    isPrivate: false,
    folders: { certs, state },
    material: (client) => readMaterial(clientFolder(state, client)),
    records,
    keyStore: await keyStoreOf(configuration, records),
    report,
    readTrace: async (trace) => {
      await flush()
      const answer = await fetch(`${addresses.console}/traces/${trace}`, {
        headers: { authorization: `Bearer ${hubToken}` },
      })
      const { events }: { events: readonly TraceEvent[] } = JSON.parse(await answer.text())
      return inOrder(events)
    },
    close: async () => {
      await flush()
      await records.close()
    },
  }
}

/** On ports of its own, with state of its own: it disturbs nobody and leaves nothing behind. */
export async function startPrivate(
  configuration: LabConfiguration,
): Promise<Attached & Pick<Lab, 'experiment' | 'experimentWithIssuer'>> {
  const { folder, remove } = temporaryFolder()
  const [certs, state] = [join(folder, 'certs'), join(folder, 'state')]
  const { ports } = configuration
  try {
    const { startLab } = await import('./lab.ts') // who attaches to another needs no servers
    const lab = await startLab({
      ...configuration,
      certs,
      state,
      store: storeIn(state),
      ports: { ...ports, ...Object.fromEntries(Object.keys(ports).map((key) => [key, 0])) },
    })
    return {
      addresses: lab.addresses,
      isPrivate: true,
      experiment: lab.experiment,
      experimentWithIssuer: lab.experimentWithIssuer,
      folders: { certs, state },
      material: (client) => readMaterial(clientFolder(state, client)),
      records: lab.records,
      keyStore: await keyStoreOf(configuration, lab.records),
      report: lab.hub.report,
      readTrace: async (trace) => inOrder(lab.hub.read(trace)),
      close: async () => {
        try {
          await lab.close()
        } finally {
          await remove()
        }
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Removed when asked for, or else when the process ends, by a signal too. */
function temporaryFolder(): { readonly folder: string; readonly remove: () => Promise<void> } {
  let made: string | undefined
  // What was being written when the signal came is still written: hence the retries.
  const how = { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }
  const atExit = () => made !== undefined && rmSync(made, how)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const end = (signal: (typeof signals)[number]) => process.exit(128 + constants.signals[signal])
  // Before there is a folder, so that no signal comes between.
  process.once('exit', atExit)
  for (const signal of signals) process.once(signal, end)
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
  made = folder
  return {
    folder,
    remove: async () => {
      await rm(folder, how)
      process.off('exit', atExit)
      for (const signal of signals) process.off(signal, end)
    },
  }
}

const inOrder = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
  events.toSorted((one, other) => one.at - other.at)
