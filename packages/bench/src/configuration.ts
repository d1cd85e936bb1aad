/** What the measurements take from the environment; nobody else reads it. */
import { delimiter } from 'node:path'

export const environment: Readonly<NodeJS.ProcessEnv> = process.env

/** Where programs are looked for. Debian keeps Apache where only root's PATH looks. */
export const PROGRAM_FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
