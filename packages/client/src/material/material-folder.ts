/**
 * A client's material as a folder:
 *
 *     client.json             issuer, clientId, authentication, binding, redirectUri and, of a client
 *                             that logs its users out, postLogoutRedirectUri, backchannelLogoutUri
 *     key.jwk.json            private JWK for client assertions; mode 0600
 *     certificate.pem         the client's certificate and what leads to its root
 *     certificate.key.pem     mode 0600
 *     backchannel-logout.pem  the certificate of its server at backchannelLogoutUri, and the key
 *     trust.pem               the roots that servers must lead to
 *
 * Each file is replaced atomically and `client.json` is written last: a folder without it is not yet
 * a client. A reader that meets a folder between two versions sees a key that does not belong to its
 * certificate, and is told so.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { MaterialError, type MaterialFile, type Pair } from './material-error.ts'
import { checkMaterial, type ClientCertificate, type ClientMaterial } from './material.ts'

const MODES: Readonly<Record<MaterialFile, number>> = {
  'client.json': 0o644,
  'key.jwk.json': 0o600,
  'certificate.pem': 0o644,
  'certificate.key.pem': 0o600,
  'backchannel-logout.pem': 0o644,
  'backchannel-logout.key.pem': 0o600,
  'trust.pem': 0o644,
}

/** @throws MaterialError naming the file and what is wrong with it; never its contents */
export async function readMaterial(folder: string): Promise<ClientMaterial> {
  const client = parseJson(folder, 'client.json', await need(folder, 'client.json'))
  const key = await readText(folder, 'key.jwk.json')
  const hasCertificate =
    (await readText(folder, 'certificate.pem')) !== undefined ||
    (await readText(folder, 'certificate.key.pem')) !== undefined
  const { backchannelLogoutUri: uri }: { backchannelLogoutUri?: string } = client
  const material = {
    ...pickDescription(client),
    ...(key !== undefined && { key: parseJson(folder, 'key.jwk.json', key) }),
    ...(hasCertificate && { certificate: await needPair(folder, 'certificate') }),
    ...(uri !== undefined && {
      backchannelLogout: { uri, ...(await needPair(folder, 'backchannel-logout')) },
    }),
    trust: await need(folder, 'trust.pem'),
  }
  checkIn(folder, material)
  return material
}

/**
 * Makes the folder if need be, and removes files of an earlier client that this one does not have.
 *
 * @throws MaterialError before anything is written, if the material contradicts itself
 */
export async function writeMaterial(folder: string, material: ClientMaterial): Promise<void> {
  checkIn(folder, material)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { key, certificate, backchannelLogout, trust } = material
  const write = (file: MaterialFile, content: string | undefined) => replace(folder, file, content)
  const writePair = async (pair: Pair, content: ClientCertificate | undefined) => {
    await write(`${pair}.key.pem`, content?.key)
    await write(`${pair}.pem`, content?.chain)
  }
  await write('key.jwk.json', key && asJson(key))
  await writePair('certificate', certificate)
  await writePair('backchannel-logout', backchannelLogout)
  await write('trust.pem', trust)
  const { uri } = backchannelLogout ?? {}
  await write('client.json', asJson({ ...pickDescription(material), backchannelLogoutUri: uri }))
}

type Description = Omit<ClientMaterial, 'key' | 'certificate' | 'backchannelLogout' | 'trust'>

/** What `client.json` holds, and nothing else that somebody may have written into it. */
const pickDescription = (source: object): Description => {
  // oxlint-disable-next-line no-unsafe-type-assertion -- checkMaterial looks at each member next
  const { issuer, clientId, authentication, binding, redirectUri, ...rest } = source as Description
  const { postLogoutRedirectUri } = rest
  return {
    issuer,
    clientId,
    authentication,
    binding,
    redirectUri,
    ...(postLogoutRedirectUri !== undefined && { postLogoutRedirectUri }),
  }
}

async function replace(folder: string, file: MaterialFile, content: string | undefined) {
  const path = join(folder, file)
  if (content === undefined) return rm(path, { force: true })
  const temporary = join(folder, `.${file}.${randomUUID()}`)
  try {
    const handle = await open(temporary, 'wx', MODES[file])
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}

async function readText(folder: string, file: MaterialFile): Promise<string | undefined> {
  try {
    return await readFile(join(folder, file), 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    if (code === 'ENOENT') return undefined
    throw new MaterialError('MALFORMED', file, `cannot be read (${code})`, folder)
  }
}

async function need(folder: string, file: MaterialFile): Promise<string> {
  const text = await readText(folder, file)
  if (text === undefined) throw new MaterialError('MISSING', file, 'is missing', folder)
  return text
}

const needPair = async (folder: string, pair: Pair): Promise<ClientCertificate> => ({
  chain: await need(folder, `${pair}.pem`),
  key: await need(folder, `${pair}.key.pem`),
})

/** The parser's own message quotes the text, which may be a key: it is not passed on. */
function parseJson(folder: string, file: MaterialFile, text: string): object {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new MaterialError('MALFORMED', file, 'is not JSON', folder)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MaterialError('MALFORMED', file, 'is not a JSON object', folder)
  }
  return value
}

function checkIn(folder: string, material: ClientMaterial): void {
  try {
    checkMaterial(material)
  } catch (error) {
    if (!(error instanceof MaterialError)) throw error
    throw new MaterialError(error.code, error.file, error.sentence, folder)
  }
}

const asJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`
