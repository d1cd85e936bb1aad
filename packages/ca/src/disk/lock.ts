/**
 * One process at a time where two files must change together. The lock is a file that only one can
 * create. Its owner may be killed: a lock whose process is gone is taken away at once, one whose
 * process cannot be seen from here (another container) when it is older than any owner needs.
 */
import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** Milliseconds. Under a lock at most one key is made, which for RSA 4096 takes a few seconds. */
const STALE = 30_000
const LOOK_AGAIN = 10

/** Waits until the lock is ours; answers how to give it back. */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  const lock = lockOf(path)
  const content = `${await whoAmI()} ${randomBytes(8).toString('hex')}`
  while (!(await take(lock, content))) {
    if (await isAbandoned(lock)) await takeAway(lock)
    else await wait(LOOK_AGAIN)
  }
  return async () => {
    // Not if it was taken from us for stale, by one who must not lose it to us.
    if ((await read(lock)) === content) await rm(lock, { force: true })
  }
}

export async function isLocked(path: string): Promise<boolean> {
  return (await read(lockOf(path))) !== undefined
}

function lockOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.lock`)
}

async function take(lock: string, content: string): Promise<boolean> {
  await mkdir(dirname(lock), { recursive: true, mode: 0o755 })
  const temporary = `${lock}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(temporary, content, { flag: 'wx' })
    // With its content from the first moment, or a kill would leave a lock of nobody.
    await link(temporary, lock)
    return true
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false
    if (!WITHOUT_LINKS.has(codeOf(cause))) throw cause
    return await takeWithoutLinks(lock, content)
  } finally {
    await rm(temporary, { force: true })
  }
}

const WITHOUT_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

async function takeWithoutLinks(lock: string, content: string): Promise<boolean> {
  try {
    await writeFile(lock, content, { flag: 'wx' })
    return true
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false
    throw cause
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  const content = await read(lock)
  if (content === undefined) return false // given back just now
  const [namespace, pid] = content.split(' ')
  const [ours] = (await whoAmI()).split(' ')
  if (namespace === ours) return !isAlive(Number(pid))
  const age = await stat(lock).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  )
  return age > STALE
}

/** By renaming, which only one of many can do. */
async function takeAway(lock: string): Promise<void> {
  const aside = `${lock}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await rename(lock, aside)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return
    throw cause
  }
  await rm(aside, { force: true })
}

/** Where process numbers mean the same, then ours. */
async function whoAmI(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '')
  return `${hostname().replaceAll(' ', '')}/${namespace} ${process.pid}`
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return codeOf(cause) === 'EPERM' // somebody else's, but there
  }
}

async function read(lock: string): Promise<string | undefined> {
  return await readFile(lock, 'utf8').catch(() => undefined)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
