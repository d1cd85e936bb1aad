import type { Command } from 'commander'
import { type Attached, attach } from '../attach.ts'
import { type LabConfiguration, type Options, readConfiguration } from '../configuration.ts'

/** The configuration that the options of the whole program make. */
export const configurationOf = (command: Command): LabConfiguration => {
  const { certs, state, host, listen }: Options = command.optsWithGlobals()
  return readConfiguration({ certs, state, host, listen })
}

/** Runs something on the lab that is up, or on a private one; takes down what it started. */
export async function withLab<T>(command: Command, use: (lab: Attached) => Promise<T>): Promise<T> {
  const lab = await attach(configurationOf(command))
  try {
    return await use(lab)
  } finally {
    await lab.close()
  }
}
