/**
 * Makes other programs trust the root, and undoes it, as mkcert does: the system's store, NSS
 * databases (Firefox, Chromium on Linux) and Node. A trusted root signs for every name there is, so
 * every step can be printed instead of run, and says exactly what it does.
 */
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { access } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Authority } from '../authority.ts'
import { AuthorityError } from '../error.ts'
import { listFolder, removeFile, replaceFile } from '../disk/files.ts'

export const TRUST_STORES = ['system', 'nss', 'node'] as const
export type TrustStore = (typeof TRUST_STORES)[number]

export interface TrustOptions {
  /** All if absent. */
  readonly stores?: readonly TrustStore[]
  readonly platform?: NodeJS.Platform
  /** Put before the system's paths, for images and tests; its tools are then not run. */
  readonly prefix?: string
  /** Folders with a `cert9.db`; those of the user if absent. */
  readonly nssFolders?: readonly string[]
}

export interface TrustStep {
  readonly store: TrustStore
  /** What a shell would be told. */
  readonly lines: readonly string[]
  run(): Promise<void>
}

interface Root {
  readonly pem: string
  readonly file: string
  /** Of this root and no other, so that two labs do not undo each other. */
  readonly label: string
}

/** Where Linux distributions look, and what they call to look again. */
const LINUX = [
  { folder: '/usr/local/share/ca-certificates', tool: ['update-ca-certificates'] },
  { folder: '/etc/pki/ca-trust/source/anchors', tool: ['update-ca-trust', 'extract'] },
] as const

/** The steps, not yet taken. Rejects with AuthorityError if there is no store of a kind asked for. */
export async function trustSteps(
  { context }: Pick<Authority, 'context'>,
  action: 'install' | 'remove',
  options: TrustOptions = {},
): Promise<TrustStep[]> {
  const { certificate, files } = context.hierarchy.root
  const short = new X509Certificate(certificate.pem).fingerprint256.replaceAll(':', '').slice(0, 12)
  const root = { pem: certificate.pem, file: files.certificate, label: `holdfast-${short}` }
  const makers = { system: systemSteps, nss: nssSteps, node: nodeSteps }
  const steps = (options.stores ?? TRUST_STORES).map((store) =>
    makers[store](root, action, options),
  )
  return (await Promise.all(steps)).flat()
}

async function systemSteps(
  { pem, file, label }: Root,
  action: 'install' | 'remove',
  { platform = process.platform, prefix = '' }: TrustOptions,
): Promise<TrustStep[]> {
  if (platform === 'darwin') {
    const keychain = '/Library/Keychains/System.keychain'
    const add = ['add-trusted-cert', '-d', '-r', 'trustRoot', '-k', keychain, file]
    const command = [
      'security',
      ...(action === 'install' ? add : ['remove-trusted-cert', '-d', file]),
    ]
    return [{ store: 'system', lines: [shell(command)], run: () => execute(command, file) }]
  }
  const present = await Promise.all(LINUX.map(({ folder }) => exists(prefix + folder)))
  const place = LINUX.find((_, index) => present[index])
  if (platform !== 'linux' || !place) {
    throw new AuthorityError({
      code: 'missing-tool',
      file,
      problem: 'cannot be put into the store of this system, which is not known here',
      remedy: 'Import it by hand, or leave out "system"',
    })
  }
  const path = `${prefix}${place.folder}/${label}.crt`
  const copy = action === 'install' ? shell(['cp', file, path]) : shell(['rm', '-f', path])
  return [
    {
      store: 'system',
      lines: [copy, shell(place.tool)],
      run: async () => {
        if (action === 'install') await replaceFile({ path, text: pem, mode: 0o644 })
        else await removeFile(path)
        if (prefix === '') await execute(place.tool, path)
      },
    },
  ]
}

async function nssSteps(
  { file, label }: Root,
  action: 'install' | 'remove',
  { nssFolders }: TrustOptions,
): Promise<TrustStep[]> {
  const folders = nssFolders ?? (await userDatabases())
  if (folders.length === 0) {
    const line = '# no NSS database of this user: nothing to do'
    return [{ store: 'nss', lines: [line], run: () => Promise.resolve() }]
  }
  return folders.map((folder): TrustStep => {
    const at = ['-d', `sql:${folder}`, '-n', label]
    // C: a CA that is trusted for TLS servers. Not for mail, not for code.
    const add = ['certutil', '-A', ...at, '-t', 'C,,', '-i', file]
    const command = action === 'install' ? add : ['certutil', '-D', ...at]
    const run = async (): Promise<void> => {
      // Undone twice is undone.
      if (action === 'install' || (await isKnown(['certutil', '-L', ...at], folder))) {
        await execute(command, folder)
      }
    }
    return { store: 'nss', lines: [shell(command)], run }
  })
}

async function isKnown(look: readonly string[], folder: string): Promise<boolean> {
  try {
    await execute(look, folder)
    return true
  } catch (error) {
    if (error instanceof AuthorityError && error.code === 'missing-tool') throw error
    return false
  }
}

function nodeSteps({ file }: Root, action: 'install' | 'remove'): Promise<TrustStep[]> {
  const line =
    action === 'install'
      ? shell(['export', `NODE_EXTRA_CA_CERTS=${file}`])
      : 'unset NODE_EXTRA_CA_CERTS'
  // A process cannot change the environment of the shell that started it: this is only printed.
  return Promise.resolve([{ store: 'node', lines: [line], run: () => Promise.resolve() }])
}

/** Of Chromium and of Firefox's profiles. */
async function userDatabases(): Promise<string[]> {
  const firefox = join(homedir(), '.mozilla/firefox')
  const profiles = (await listFolder(firefox)).map((profile) => join(firefox, profile))
  const candidates = [join(homedir(), '.pki/nssdb'), ...profiles]
  const present = await Promise.all(candidates.map((folder) => exists(join(folder, 'cert9.db'))))
  return candidates.filter((_, index) => present[index])
}

async function execute([command = '', ...args]: readonly string[], file: string): Promise<void> {
  try {
    await promisify(execFile)(command, args)
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new AuthorityError(
      {
        code: missing ? 'missing-tool' : 'unwritable',
        file,
        problem: missing
          ? `needs ${command}, which is not installed`
          : `was not taken by ${command}`,
        remedy: missing
          ? `Install it (${PACKAGES[command] ?? command}), or leave this store out`
          : 'Run it with the rights that the store needs',
      },
      cause,
    )
  }
}

const PACKAGES: Readonly<Record<string, string>> = {
  certutil: 'libnss3-tools or nss-tools',
  'update-ca-certificates': 'ca-certificates',
}

function shell(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ')
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
