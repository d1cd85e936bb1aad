/**
 * CRLs on disk. Each is a file that bears its number, created and never replaced: of two processes that
 * publish at once one gets the number, the other looks again, so a number is given out once. No lock,
 * nothing to clean up.
 */
import { join } from 'node:path'
import { createFile, listFolder, readText, removeFile } from '../disk/files.ts'
import { type Crl, decodeCrl } from '../encoding/crl.ts'
import { pemBlocks, pemOf } from '../encoding/pem.ts'
import { AuthorityError } from '../error.ts'

/** How many lists stay on disk, for whoever wants to see what changed. */
const KEPT = 10

/** `undefined`: there is none yet. */
export async function readLatest(folder: string, name: string): Promise<Crl | undefined> {
  for (;;) {
    const last = (await listFolder(crlFolder(folder, name))).sort().at(-1)
    if (last === undefined) return undefined
    const path = join(crlFolder(folder, name), last)
    const text = await readText(path)
    if (text !== undefined) return readCrl(path, text)
  }
}

/** `undefined` if another process has claimed this number. */
export async function claim(
  folder: string,
  name: string,
  { number, der }: { readonly number: bigint; readonly der: Buffer },
): Promise<Crl | undefined> {
  const text = pemOf('X509 CRL', der)
  const path = join(crlFolder(folder, name), fileName(number))
  if ((await createFile({ path, text, mode: 0o644 })) !== text) return undefined
  await prune(folder, name)
  return readCrl(path, text)
}

/** Parsing again what has not changed would make every status answer as slow as the list is long. */
const parsed = new Map<string, { readonly text: string; readonly crl: Crl }>()

function readCrl(path: string, text: string): Crl {
  const known = parsed.get(path)
  if (known?.text === text) return known.crl
  try {
    const [der] = pemBlocks('X509 CRL', text)
    const crl = decodeCrl(der ?? Buffer.alloc(0))
    if (parsed.size > 100) parsed.clear()
    parsed.set(path, { text, crl })
    return crl
  } catch (cause) {
    const remedy = 'Delete it and the others of its folder to have a new one made'
    throw new AuthorityError(
      { code: 'corrupt', file: path, problem: 'is not a CRL', remedy },
      cause,
    )
  }
}

async function prune(folder: string, name: string): Promise<void> {
  const files = (await listFolder(crlFolder(folder, name))).sort()
  for (const file of files.slice(0, -KEPT)) await removeFile(join(crlFolder(folder, name), file))
}

function crlFolder(folder: string, name: string): string {
  return join(folder, 'crl', name)
}

/** Sorted by name is sorted by number. */
function fileName(number: bigint): string {
  return `${number.toString().padStart(10, '0')}.crl.pem`
}
