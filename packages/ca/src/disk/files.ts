/**
 * Files that a kill at any moment leaves whole: written under a temporary name, synced, then given
 * their name in one step. Creating never replaces: of two processes that open the same folder for
 * the first time, one wins and both go on with what it wrote. A temporary left by a kill is ignored;
 * it may be deleted.
 */
import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AuthorityError } from '../error.ts'

export interface FileContent {
  readonly path: string
  readonly text: string | Buffer
  /** Permissions: keys 0o600, certificates 0o644. */
  readonly mode: number
}

/** `undefined` if there is no such file. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw new AuthorityError(
      {
        code: 'unreadable',
        file: path,
        problem: `cannot be read (${codeOf(cause)})`,
        remedy: 'Make it a file that this user may read, or choose another folder',
      },
      cause,
    )
  }
}

/** Names of the files in the folder, without temporaries; none if there is no such folder. */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).filter((name) => !name.startsWith('.'))
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return []
    throw new AuthorityError(
      {
        code: 'unreadable',
        file: path,
        problem: `cannot be listed (${codeOf(cause)})`,
        remedy: 'Make it a folder that this user may read, or choose another',
      },
      cause,
    )
  }
}

/** Takes the rights of others away from a file that came with too many, by a copy for instance. */
export async function restrict(path: string): Promise<void> {
  await writing(path, async () => {
    if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600)
  })
}

export async function makeFolder(path: string): Promise<void> {
  await writing(path, () => make(path))
}

/** Not by `recursive`: Node never comes back from a folder that cannot be made, as below /proc. */
async function make(folder: string): Promise<void> {
  if (await isFolder(folder)) return
  if (dirname(folder) !== folder) await make(dirname(folder))
  try {
    await mkdir(folder, 0o755) // whatever umask there is: whoever may write there replaces keys
  } catch (cause) {
    // Unless another process was faster.
    if (!(await isFolder(folder))) throw cause
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

/** Writes the file unless there is one; answers the text that now stands there. */
export async function createFile(
  content: FileContent & { readonly text: string },
): Promise<string> {
  const won = await writing(content.path, async () => {
    const temporary = await writeTemporary(content)
    try {
      await link(temporary, content.path)
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST') return false
      if (!WITHOUT_LINKS.has(codeOf(cause))) throw cause
      await rename(temporary, content.path)
    } finally {
      await rm(temporary, { force: true })
    }
    await sync(dirname(content.path))
    return true
  })
  return won ? content.text : ((await readText(content.path)) ?? content.text)
}

/** What `link` answers on file systems that have no hard links. */
const WITHOUT_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** Writes the file, in place of the one there may be; answers its text. */
export async function replaceFile<T extends FileContent>(content: T): Promise<T['text']> {
  await writing(content.path, async () => {
    const temporary = await writeTemporary(content)
    try {
      await rename(temporary, content.path)
    } finally {
      await rm(temporary, { force: true })
    }
    await sync(dirname(content.path))
  })
  return content.text
}

export async function removeFile(path: string): Promise<void> {
  await writing(path, async () => {
    await rm(path, { force: true })
    await sync(dirname(path))
  })
}

async function writeTemporary({ path, text, mode }: FileContent): Promise<string> {
  await make(dirname(path))
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  const file = await open(temporary, 'wx', mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } catch (cause) {
    await rm(temporary, { force: true })
    throw cause
  } finally {
    await file.close()
  }
  return temporary
}

/** A new name is only durable when its folder is. */
async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** As every write: what fails is an AuthorityError that names the path. */
export async function writing<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (cause) {
    throw new AuthorityError(
      {
        code: 'unwritable',
        file: path,
        problem: `cannot be written (${codeOf(cause)})`,
        remedy:
          codeOf(cause) === 'ENOSPC'
            ? 'Make room on its disk, or choose another folder'
            : 'Make its folder one that this user may write to, or choose another folder',
      },
      cause,
    )
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
}
