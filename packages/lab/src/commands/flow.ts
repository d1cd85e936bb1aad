import { writeFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import {
  type Authentication,
  AUTHENTICATIONS,
  type Binding,
  BINDINGS,
  CLIENTS,
  type LabClient,
  PROFILE_CLIENTS,
} from '../clients/clients.ts'
import { codeOf, UsageError } from '../errors.ts'
import type { FlowResult, TokenForm } from '../flows/flows.ts'
import { type Grant, PROFILE_FLOWS } from '../flows/grants.ts'
import { exchangesOf } from '../tell/exchanges.ts'
import { toMermaid } from '../tell/mermaid.ts'
import { tellStory } from '../tell/story.ts'
import { bold, printJson, tick, toPeople as tell } from '../tell/terminal.ts'
import { json, token, withLab } from './global.ts'

const GRANT_OF = {
  'client-credentials': 'client_credentials',
  'authorization-code': 'authorization_code',
  refresh: 'refresh_token',
  device: 'device_code',
  'token-exchange': 'token_exchange',
  'message-signing': 'message_signing',
  ciba: 'ciba',
  'rich-authorization': 'rich_authorization',
  'step-up': 'step_up',
  revocation: 'revocation',
  withdrawal: 'withdrawal',
  logout: 'logout',
  registration: 'registration',
} as const satisfies Record<string, Grant>

const FLOWS = Object.keys(GRANT_OF)

interface FlowOptions {
  readonly auth: Authentication
  readonly bind: Binding
  readonly token: TokenForm
  readonly mermaid?: string
  readonly json?: true
}

const isFlow = (name: string): name is keyof typeof GRANT_OF => Object.hasOwn(GRANT_OF, name)

export const define = (command: Command): Command =>
  command
    .argument('<name>', FLOWS.join(', '))
    .addOption(
      new Option('--auth <method>', 'client authentication')
        .choices(AUTHENTICATIONS)
        .default('private_key_jwt'),
    )
    .addOption(
      new Option('--bind <constraint>', 'sender constraint').choices(BINDINGS).default('dpop'),
    )
    .addOption(token)
    .option(
      '--mermaid <file>',
      'write the sequence as a Mermaid diagram, too (-: only that, to standard output)',
    )
    .addOption(json)
    .action(flow)

async function flow(name: string, options: FlowOptions, command: Command): Promise<void> {
  if (!isFlow(name))
    throw new UsageError(`there is no flow ${JSON.stringify(name)}; there are ${FLOWS.join(', ')}`)
  const { auth, bind, token: form, mermaid } = options
  if (options.json && mermaid === '-')
    throw new UsageError('--json and --mermaid - both want standard output; give one a file')
  const client = clientFor(GRANT_OF[name], { auth, bind }, command)
  await withLab(command, async (lab) => {
    const { runFlow } = await import('../flows/flows.ts')
    const result = await runFlow(lab, { grant: GRANT_OF[name], client, form })
    const exchanges = exchangesOf(await lab.readTrace(result.trace))
    if (options.json) printJson({ ...result, exchanges })
    else if (mermaid !== '-') {
      // What ends is ended of a client that was made for it.
      const by = result.afterwards === undefined ? client.id : `a client like ${client.id}`
      tell(bold(`${GRANT_OF[name]} by ${by}, ${form} access token\n`))
      tellStory(exchanges, lab.addresses, tell)
      tell(outcomeOf(result))
    }
    if (mermaid !== undefined) await writeDiagram(mermaid, toMermaid(exchanges, lab.addresses))
    process.exitCode = result.ok ? 0 : 1
  })
}

function outcomeOf({ ok, status, cnf, expected, afterwards }: FlowResult): string {
  const whose = JSON.stringify(cnf) === JSON.stringify(expected) ? 'this client’s own' : 'another’s'
  const end = afterwards === undefined ? '' : `; when all was over, ${afterwards}`
  return `${tick(ok)} ${status}, and the token’s cnf ${JSON.stringify(cnf)} is ${whose}${end}`
}

/** A profile's flow has a client of its own; what it is cannot be chosen. */
function clientFor(
  grant: Grant,
  { auth, bind }: Pick<FlowOptions, 'auth' | 'bind'>,
  command: Command,
): LabClient {
  const own = PROFILE_FLOWS.find((one) => one === grant)
  if (own) {
    const { id, authentication, binding } = PROFILE_CLIENTS[own]
    if (['auth', 'bind'].some((option) => command.getOptionValueSource(option) === 'cli'))
      throw new UsageError(
        `this flow is played by ${id} (${authentication}, ${binding}): leave out --auth and --bind`,
      )
    return PROFILE_CLIENTS[own]
  }
  const client = CLIENTS.find((one) => one.authentication === auth && one.binding === bind)
  if (!client) throw new UsageError(`no client has ${auth} and ${bind}`)
  return client
}

async function writeDiagram(file: string, diagram: string): Promise<void> {
  if (file === '-') {
    process.stdout.write(diagram)
    return
  }
  try {
    await writeFile(file, diagram)
  } catch (error) {
    throw new UsageError(`${file} cannot be written (${codeOf(error)})`)
  }
}
