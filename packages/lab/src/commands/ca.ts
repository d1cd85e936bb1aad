/** `scripts/lab ca …`: the certificate authority of the lab, or of any folder, by hand. */
import { readFile } from 'node:fs/promises'
import {
  BUNDLE_FORMATS,
  KEY_TYPES,
  LEAF_PROFILES,
  REVOCATION_REASONS,
  TRUST_STORES,
} from '@holdfast/ca'
import {
  type CommandResult,
  crl,
  exportBundle,
  init,
  issue,
  list,
  makeRequest,
  type Place,
  release,
  renew,
  revoke,
  rotate,
  show,
  signCsr,
  trust,
  writeFixtures,
} from '@holdfast/ca/commands'
import { type Command, Option } from 'commander'
import { localUrl } from '../addresses.ts'
import { codeOf, UsageError } from '../errors.ts'
import { readLiveRun } from '../run-file.ts'
import { printJson, toPeople as tell } from '../tell/terminal.ts'
import { configurationOf, json } from './global.ts'

/** Each answers lines for people, or JSON. */
export function define(ca: Command): void {
  ca.helpCommand(false)
  const add = (
    synopsis: string,
    description: string,
    options: readonly Option[],
    run: (place: Place, names: readonly string[], options: CaOptions) => Promise<CommandResult>,
  ) => {
    const command = ca.command(synopsis).description(description)
    for (const option of [...options, json]) command.addOption(option)
    command.action(async (...given: readonly unknown[]) => {
      const chosen: CaOptions = command.opts()
      const names = given.filter((value) => typeof value === 'string')
      const result = await run(await placeOf(command), names, chosen)
      if (chosen.json) printJson(result.json)
      else for (const line of result.lines) tell(line)
    })
  }

  add('init', 'make the authority, or look at the one there is', [], (place) => init(place))
  add(
    'issue <name>',
    'a key and a certificate for it',
    [profile('client'), subject, keyType, ...names],
    (place, [name = ''], { profile: kind = 'client', ...wish }) =>
      issue(place, { name, profile: kind, ...pick(wish) }),
  )
  add(
    'csr <out>',
    'a key and a request for it, as somebody else would make: <out>.key.pem, <out>.csr.pem',
    [
      new Option('--subject <dn>', 'RFC 4514, such as CN=JohnDoe,OU=IT').makeOptionMandatory(),
      keyType,
      ...names,
    ],
    (_, [out = ''], wish) => makeRequest({ out, ...pick(wish), subject: wish.subject ?? '' }),
  )
  add(
    'sign <csr>',
    'a certificate for a request, PEM or DER; its wishes are held against the profile',
    [profile('client')],
    async (place, [file = ''], { profile: kind = 'client' }) =>
      signCsr(place, { csr: await contentOf(file), profile: kind }),
  )
  add(
    'renew <which>',
    'the next certificate, by serial number or name',
    [new Option('--new-key', 'with another key')],
    (place, [which = ''], { newKey }) =>
      renew(place, { which, key: newKey ? 'new key' : 'same key' }),
  )
  add('rotate', 'another issuing CA; what the present one has signed stays good', [], (place) =>
    rotate(place),
  )
  add(
    'revoke <which>',
    'revoke a certificate, by serial number or name',
    [
      new Option('--reason <reason>', 'RFC 5280 §5.3.1')
        .choices(Object.keys(REVOCATION_REASONS))
        .default('unspecified'),
    ],
    (place, [which = ''], { reason = 'unspecified' }) => revoke(place, { which, reason }),
  )
  add('release <which>', 'undo a certificateHold', [], (place, [which = '']) =>
    release(place, { which }),
  )
  add(
    'crl',
    'publish the lists of what is revoked, and show one',
    [new Option('--of <ca>', 'root, issuing, issuing-2, …')],
    (place, _, { of }) => crl(place, of === undefined ? {} : { ca: of }),
  )
  add(
    'list',
    'subject, profile, key, days left, status',
    [new Option('--all', 'those that have been replaced, too')],
    (place, _, { all }) => list(place, { all: all ?? false }),
  )
  add(
    'show <which>',
    'one certificate: its members as clients register them, its thumbprints',
    [],
    (place, [which = '']) => show(place, { which }),
  )
  add(
    'export <which>',
    'a certificate in another format',
    [
      new Option('--format <format>', 'pem, der, p12, jwks').choices(BUNDLE_FORMATS).default('pem'),
      new Option('--out <file>', 'write it there'),
      new Option('--with-key', 'pem: with the private key'),
      new Option('--passphrase-file <file>', 'p12: the passphrase'),
    ],
    async (place, [which = ''], { format = 'pem', out, withKey, passphraseFile }) => {
      if (format === 'p12' && passphraseFile === undefined)
        throw new UsageError('--format p12 needs --passphrase-file FILE')
      return exportBundle(place, {
        which,
        format,
        ...(out !== undefined && { out }),
        ...(withKey && { withKey }),
        ...(passphraseFile !== undefined && {
          passphrase: (await contentOf(passphraseFile)).toString('utf8').trimEnd(),
        }),
      })
    },
  )
  add(
    'trust',
    'show how this machine would trust the root; --install does it, --remove undoes it',
    [
      new Option('--install', 'do it').conflicts('remove'),
      new Option('--remove', 'undo it'),
      new Option('--store <stores...>', 'system, nss, node (default: all)').choices(TRUST_STORES),
    ],
    (place, _, { install, remove, store }) =>
      trust(place, {
        action: install ? 'install' : remove ? 'remove' : 'print',
        ...(store && { stores: store }),
      }),
  )
  add(
    'fixtures',
    'list the misuse certificates, or write them',
    [
      new Option('--out <folder>', 'write them there'),
      new Option('--name <name>', 'the client that is imitated'),
      subject,
    ],
    (place, _, { out, name, subject: of }) =>
      writeFixtures(place, {
        ...(out !== undefined && { out }),
        ...(name !== undefined && { name }),
        ...(of !== undefined && { subject: of }),
      }),
  )
}

interface CaOptions {
  readonly json?: true
  readonly profile?: (typeof LEAF_PROFILES)[number]
  readonly subject?: string
  readonly key?: (typeof KEY_TYPES)[number]
  readonly dns?: readonly string[]
  readonly uri?: readonly string[]
  readonly ip?: readonly string[]
  readonly email?: readonly string[]
  readonly newKey?: true
  readonly reason?: keyof typeof REVOCATION_REASONS
  readonly of?: string
  readonly all?: true
  readonly format?: (typeof BUNDLE_FORMATS)[number]
  readonly out?: string
  readonly withKey?: true
  readonly passphraseFile?: string
  readonly install?: true
  readonly remove?: true
  readonly store?: readonly (typeof TRUST_STORES)[number][]
  readonly name?: string
}

const profile = (usual: (typeof LEAF_PROFILES)[number]) =>
  new Option('--profile <profile>', 'what it is for').choices(LEAF_PROFILES).default(usual)
const subject = new Option(
  '--subject <dn>',
  'RFC 4514, such as CN=JohnDoe,OU=IT (default: CN=<name>)',
)
const keyType = new Option('--key <type>', 'kind of key').choices(KEY_TYPES)
const names = ['dns', 'uri', 'ip', 'email'].map(
  (kind) => new Option(`--${kind} <names...>`, `subject alternative names: ${kind}`),
)

const pick = ({ subject: dn, key, dns, uri, ip, email }: CaOptions) => ({
  ...(dn !== undefined && { subject: dn }),
  ...(key && { keyType: key }),
  ...(dns && { dns }),
  ...(uri && { uri }),
  ...(ip && { ip }),
  ...(email && { email }),
})

/** The folder, and the status address that the lab's own certificates have. */
async function placeOf(command: Command): Promise<Place> {
  const { certs, state, ports } = configurationOf(command)
  const live = await readLiveRun(state)
  const port = ports.certificateStatus
  const statusUrl =
    live?.addresses.certificateStatus ?? (port === 0 ? undefined : localUrl({ port }))
  return { folder: certs, ...(statusUrl !== undefined && { statusUrl }) }
}

async function contentOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${codeOf(error)})`)
  }
}
