/** What `up` leaves behind so that other commands find the lab: addresses, process, hub token. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writePrivateFile } from './text-file.ts'

const schema = z.object({
  pid: z.number().int(),
  hubToken: z.string(),
  /** Folder of the PKI: the state folder, where this file is, need not know it otherwise. */
  certs: z.string(),
  addresses: z.object({
    issuer: z.string(),
    mtlsAlias: z.string(),
    resource: z.string(),
    console: z.string(),
    certificateStatus: z.string(),
    authorizationServerManagement: z.string(),
    resourceServerManagement: z.string(),
  }),
})

export type RunFile = z.infer<typeof schema>

/** Milliseconds. A lab that is gone refuses at once; one on a busy machine takes its time. */
const PATIENCE = 10_000

const pathIn = (state: string): string => join(state, 'run.json')

/** The hub's token is inside. */
export const writeRunFile = (state: string, run: RunFile): Promise<void> =>
  writePrivateFile(pathIn(state), `${JSON.stringify(run, null, 2)}\n`)

export const removeRunFile = (state: string): Promise<void> => rm(pathIn(state), { force: true })

/** The run of a lab that is alive. A file left by a killed one, or a broken one, is no run. */
export async function readLiveRun(state: string): Promise<RunFile | undefined> {
  try {
    const run = schema.parse(JSON.parse(await readFile(pathIn(state), 'utf8')))
    const answer = await fetch(`${run.addresses.console}/health`, {
      headers: { authorization: `Bearer ${run.hubToken}` },
      signal: AbortSignal.timeout(PATIENCE),
    })
    return answer.ok ? run : undefined
  } catch {
    return undefined
  }
}
