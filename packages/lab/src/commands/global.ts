import { type Command, Option } from 'commander'
import type { Attached } from '../attach.ts'
import { type LabConfiguration, type Options, readConfiguration } from '../configuration.ts'

export const json = new Option('--json', 'print the result as JSON')

export const token = new Option('--token <form>', 'form of the access token')
  .choices(['jwt', 'opaque'])
  .default('jwt')

/** The configuration that the options of the whole program make. */
export const configurationOf = (command: Command): LabConfiguration => {
  const { certs, state, host, listen }: Options = command.optsWithGlobals()
  return readConfiguration({ certs, state, host, listen })
}

/** Runs something on the lab that is up, or on a private one; takes down what it started. */
export async function withLab<T>(command: Command, use: (lab: Attached) => Promise<T>): Promise<T> {
  const configuration = configurationOf(command)
  const { attach } = await import('../attach.ts')
  const lab = await attach(configuration)
  try {
    return await use(lab)
  } finally {
    await lab.close()
  }
}
