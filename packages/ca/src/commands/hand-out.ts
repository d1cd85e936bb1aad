/** `export`, `trust`, `fixtures`: what leaves the authority's folder. */
import { join, resolve } from 'node:path'
import { bundle, type BundleFormat, type BundleOptions } from '../handing-out/bundle.ts'
import type { Context } from '../context.ts'
import { FIXTURES } from '../handing-out/fixture-catalogue.ts'
import * as fixtures from '../fixtures.ts'
import { readText, replaceFile } from '../disk/files.ts'
import { findIssued } from '../issuing/find.ts'
import type { Credential } from '../issuing/leaf-request.ts'
import { type TrustOptions, trustSteps } from '../handing-out/trust.ts'
import { type CommandResult, open, type Place, table } from './result.ts'

export interface ExportWish extends BundleOptions {
  /** Serial number, name (`root` and `self-signed/<name>` as well) or PEM. */
  readonly which: string
  readonly format: BundleFormat
  /** Path of the file to write. Absent: PEM and JWKS are answered, DER and PKCS #12 as base64. */
  readonly out?: string
}

export async function exportBundle(place: Place, wish: ExportWish): Promise<CommandResult> {
  const { which, format, out, ...options } = wish
  const { context } = await open(place)
  const bytes = await bundle(await credentialOf(context, which), format, options)
  if (out !== undefined) {
    const file = resolve(out)
    const secret = format === 'p12' || options.withKey === true
    await replaceFile({ path: file, text: bytes, mode: secret ? 0o600 : 0o644 })
    return { lines: [`${file} (${bytes.length} bytes)`], json: { file, bytes: bytes.length } }
  }
  const isText = format === 'pem' || format === 'jwks'
  const text = bytes.toString(isText ? 'utf8' : 'base64')
  return { lines: text.trimEnd().split('\n'), json: isText ? { text } : { base64: text } }
}

async function credentialOf(
  context: Context,
  which: string,
): Promise<Pick<Credential, 'chain'> & Partial<Credential>> {
  if (which === 'root') return { chain: context.hierarchy.root.certificate.pem }
  const selfSigned = /^self-signed\/[\w.-]+$/.test(which) ? which : undefined
  const found = selfSigned === undefined ? await findIssued(context, which) : undefined
  const name = selfSigned ?? found?.name
  const read = async (part: string) =>
    name === undefined ? undefined : await readText(join(context.folder, `${name}.${part}.pem`))
  const key = await read('key')
  const chain = found
    ? found.pem + (context.issuerOf(found.certificate)?.pair.certificate.pem ?? '')
    : await read('certificate')
  return { chain: chain ?? '', ...(key !== undefined && { key }) }
}

export interface TrustWish extends TrustOptions {
  /** `print` shows what `install` would do. */
  readonly action: 'print' | 'install' | 'remove'
}

export async function trust(place: Place, wish: TrustWish): Promise<CommandResult> {
  const { action, ...options } = wish
  const steps = await trustSteps(
    await open(place),
    action === 'remove' ? 'remove' : 'install',
    options,
  )
  if (action !== 'print') for (const step of steps) await step.run()
  return {
    lines: steps.flatMap(({ lines }) => lines),
    json: { action, steps: steps.map(({ store, lines }) => ({ store, lines })) },
  }
}

export interface FixturesWish {
  /** Absent: they are only listed. */
  readonly out?: string
  /** The client that is imitated; `fixture` if absent. */
  readonly name?: string
  /** RFC 4514; `CN=<name>` if absent. */
  readonly subject?: string
}

/** Lists the misuse fixtures, or writes `<out>/<fixture>.chain.pem` and `.key.pem` of each. */
export async function writeFixtures(place: Place, wish: FixturesWish = {}): Promise<CommandResult> {
  const { out, name = 'fixture', subject = `CN=${name}` } = wish
  const rows = Object.entries(FIXTURES).map(([fixture, { verdict, sentence }]) => ({
    fixture,
    verdict,
    sentence,
  }))
  const cells = rows.map(({ fixture, verdict, sentence }) => [fixture, verdict, sentence])
  if (out === undefined) return { lines: table(cells), json: rows }
  const authority = await open(place)
  const honest = await authority.client(name, { subject })
  for (const [fixture, misuse] of Object.entries(fixtures)) {
    const { chain, key } = await misuse(authority, honest)
    const path = join(resolve(out), fixture)
    await replaceFile({ path: `${path}.key.pem`, text: key, mode: 0o600 })
    await replaceFile({ path: `${path}.chain.pem`, text: chain, mode: 0o644 })
  }
  return { lines: table(cells), json: { out: resolve(out), fixtures: rows } }
}
