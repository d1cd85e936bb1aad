/** `scripts/lab client …`: clients of one's own. */
import { readFile } from 'node:fs/promises'
import { text as textOf } from 'node:stream/consumers'
import { type Command, Option } from 'commander'
import { configuredAddresses } from '../addresses.ts'
import { AUTHENTICATIONS, BINDINGS } from '../clients/clients.ts'
import { codeOf, UsageError } from '../errors.ts'
import {
  listClients,
  metadataFor,
  type Registered,
  type Registry,
  showClient,
} from '../clients/own-clients.ts'
import { readLiveRun } from '../run-file.ts'
import { softwareStatement } from '../clients/software-statements.ts'
import { openRecords } from '../store/open.ts'
import { bold, column, dim, printJson, toPeople as tell } from '../tell/terminal.ts'
import { type Place, quoted, usagesOf } from '../tell/usage.ts'
import { configurationOf, json } from './global.ts'

/** Where oauth2c waits for its user to come back. */
const OAUTH2C_CALLBACK = 'http://localhost:9876/callback'

interface AddOptions {
  readonly auth: string
  readonly bind: string
  readonly grants?: string
  readonly redirectUri: readonly string[]
  readonly postLogoutRedirectUri: readonly string[]
  readonly backchannelLogoutUri?: string
  readonly scope?: string
  readonly authorizationDetailsTypes?: string
  readonly subject?: string
  readonly profile?: string
  readonly jwks?: string
  readonly json?: true
}

export function define(command: Command): void {
  command.helpCommand(false)
  command
    .command('add')
    .description('register a client; write its key, certificate and metadata; say how to use it')
    .argument('<name>', 'its client_id')
    .requiredOption('--auth <method>', `client authentication: ${AUTHENTICATIONS.join(', ')}`)
    .requiredOption('--bind <constraint>', `sender constraint: ${BINDINGS.join(', ')}`)
    .option(
      '--grants <list>',
      'grant types, separated by commas: authorization_code, client_credentials, refresh_token (default: these), device_code, token-exchange, ciba (default of its profiles, with refresh_token)',
    )
    .addOption(
      new Option('--redirect-uri <uri>', 'may stand several times')
        .argParser((uri: string, before: readonly string[]) =>
          before[0] === OAUTH2C_CALLBACK ? [uri] : [...before, uri],
        )
        .default([OAUTH2C_CALLBACK], OAUTH2C_CALLBACK),
    )
    .addOption(
      new Option(
        '--post-logout-redirect-uri <uri>',
        'where logout leads to; may stand several times',
      )
        .argParser((uri: string, before: readonly string[]) => [...before, uri])
        .default([], 'none'),
    )
    .option(
      '--backchannel-logout-uri <uri>',
      'where it is told of logouts; on localhost, with a certificate for its server there',
    )
    .option('--scope <scopes>', 'all that it may ask for, separated by spaces')
    .option(
      '--authorization-details-types <list>',
      'what it may ask consent for in detail: payment_initiation, account_information',
    )
    .option(
      '--subject <dn>',
      'subject of its certificate, RFC 4514 (default: CN=NAME,O=Holdfast lab)',
    )
    .option('--profile <name>', 'what is asked of it (default: fapi2-security-profile)')
    .option('--jwks <file>', 'its public keys, which it has already; - for standard input')
    .addOption(json)
    .action(add)

  command
    .command('list')
    .description('every client that is registered')
    .addOption(json)
    .action(list)
  command
    .command('show')
    .description('what is registered of a client of yours, and how to use it')
    .argument('<name>')
    .addOption(json)
    .action(show)
  command
    .command('statement')
    .description('print a software statement about a client: it registers one like it')
    .argument('<name>')
    .action(statement)
  command
    .command('remove')
    .description('end a client of yours and every token it has; remove its folder')
    .argument('<name>')
    .addOption(json)
    .action(remove)
}

/** The registry of the lab that is up, or of the one that would be. */
async function withRegistry<T>(
  command: Command,
  use: (registry: Registry) => Promise<T>,
): Promise<T> {
  const configuration = configurationOf(command)
  const run = await readLiveRun(configuration.state)
  const records = await openRecords(configuration)
  try {
    return await use({
      records,
      addresses: run?.addresses ?? configuredAddresses(configuration),
      folders: { certs: run?.certs ?? configuration.certs, state: configuration.state },
    })
  } finally {
    await records.close()
  }
}

async function add(name: string, options: AddOptions, command: Command): Promise<void> {
  const { auth, bind, grants, redirectUri, scope, subject, profile } = options
  const {
    postLogoutRedirectUri,
    backchannelLogoutUri,
    authorizationDetailsTypes: details,
  } = options
  const jwks = options.jwks === undefined ? undefined : await readJwks(options.jwks)
  await withRegistry(command, async (registry) => {
    const wanted = {
      id: name,
      authentication: auth,
      binding: bind,
      redirectUris: redirectUri,
      ...(grants !== undefined && { grants: listOf(grants).map(grantType) }),
      ...(details !== undefined && { details: listOf(details) }),
      ...(postLogoutRedirectUri.length > 0 && { postLogoutRedirectUris: postLogoutRedirectUri }),
      ...(backchannelLogoutUri !== undefined && { backchannelLogoutUri }),
      ...(scope !== undefined && { scope }),
      ...(subject !== undefined && { subject }),
      ...(profile !== undefined && { profile }),
    }
    const { addClient } = await import('../clients/registration.ts')
    const registered = await addClient(registry, wanted, jwks)
    tellClient(registered, { addresses: registry.addresses, lab: labOf(command) }, options.json)
  })
}

/** Grant types that are URNs: their last word is enough. */
const URNS = [
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:openid:params:grant-type:ciba',
]

const grantType = (name: string): string => URNS.find((urn) => urn.endsWith(`:${name}`)) ?? name

const listOf = (text: string): readonly string[] => text.split(/[\s,]+/).filter(Boolean)

/** @throws UsageError; what is in the file is not told: it may be a private key, by mistake */
async function readJwks(file: string): Promise<unknown> {
  try {
    return JSON.parse(file === '-' ? await textOf(process.stdin) : await readFile(file, 'utf8'))
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${codeOf(error)})`
    throw new UsageError(`--jwks ${file} ${why}`)
  }
}

/** A lab with state of its own is found by those commands only that name it. */
function labOf(command: Command): string {
  const { state }: { state?: string } = command.optsWithGlobals()
  return state === undefined ? 'scripts/lab' : `scripts/lab --state ${quoted(state)}`
}

async function list(options: { json?: true }, command: Command): Promise<void> {
  await withRegistry(command, async (registry) => {
    const all = await listClients(registry)
    if (options.json) return printJson(all)
    for (const one of all) {
      const id = column(one.client_id, 24)
      const how = column(one.token_endpoint_auth_method, 29) + column(one.constraint ?? '–', 6)
      const grants = one.grant_types.map((grant) => grant.replace(/^urn:.*:/, ''))
      tell(`${one.own ? bold(id) : id}${how}${dim(grants.join(' '))}`)
    }
  })
}

async function show(name: string, options: { json?: true }, command: Command): Promise<void> {
  await withRegistry(command, async (registry) => {
    const place = { addresses: registry.addresses, lab: labOf(command) }
    tellClient(await showClient(registry, name), place, options.json)
  })
}

/** Sent with a DPoP proof to the registration endpoint, within the hour and once (RFC 7591). */
async function statement(name: string, _options: unknown, command: Command): Promise<void> {
  await withRegistry(command, async (registry) => {
    const metadata = await metadataFor(registry, name)
    process.stdout.write(`${await softwareStatement(registry.folders.state, metadata)}\n`)
  })
}

async function remove(name: string, options: { json?: true }, command: Command): Promise<void> {
  await withRegistry(command, async (registry) => {
    const { removeClient } = await import('../clients/registration.ts')
    await removeClient(registry, name)
    if (options.json) printJson({ removed: name })
    else tell(`${name} is gone, and so are its tokens`)
  })
}

function tellClient(registered: Registered, place: Place, asJson?: true): void {
  const { folder, metadata, material } = registered
  const usages = material ? usagesOf({ folder, metadata, material }, place) : []
  if (asJson) return printJson({ folder, metadata, usages })
  tell(
    material
      ? `${bold(metadata.client_id)} is registered; its key, certificate and metadata are in ${folder}`
      : `${bold(metadata.client_id)} is registered with the keys that it has`,
  )
  for (const { tool, text } of usages) tell(`\n${bold(tool)}\n${text}`)
}
