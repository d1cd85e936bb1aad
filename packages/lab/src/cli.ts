/**
 * The command line. Exit codes: 0 all is well, 1 a check failed, 2 the command or the configuration
 * is wrong.
 */
import { Command, CommanderError } from 'commander'
import { tellTold } from './errors.ts'
import { PORTS } from './ports.ts'
import { printable } from './tell/printable.ts'

/** Adds arguments, options, action: all that a command is, beside its name and description. */
type Define = (command: Command) => unknown

/** A command's module is loaded when the command is chosen, so that no command waits for another's. */
const COMMANDS: Readonly<Record<string, readonly [string, () => Promise<{ define: Define }>]>> = {
  up: [
    'start everything, run the tour once, print the addresses, stay up (the default)',
    () => import('./commands/up.ts'),
  ],
  tour: [
    'every flow with every client, the attacks, the honest requests again',
    () => import('./commands/tour.ts'),
  ],
  attack: [
    'play some of the tour’s attacks by name; without a name, list them',
    () => import('./commands/attack.ts'),
  ],
  flow: [
    'tell one flow step by step: every request and response, decoded',
    () => import('./commands/flow.ts'),
  ],
  call: [
    'get a token and call any URL with it, with proof or certificate, like curl',
    () => import('./commands/call.ts'),
  ],
  inspect: [
    'decode a token, a proof or a certificate, compute its hashes, say what is odd',
    () => import('./commands/inspect.ts'),
  ],
  doctor: [
    'look at Node, ports, certificates, state and clock; say what to do',
    () => import('./commands/doctor.ts'),
  ],
  ca: [
    'the certificate authority: issue, renew, revoke, list, export, …',
    () => import('./commands/ca.ts'),
  ],
  client: [
    'clients of your own: add, list, show, remove, statement',
    () => import('./commands/client.ts'),
  ],
  proof: ['print a DPoP proof, for curl and the like', () => import('./commands/proof.ts')],
  assertion: [
    'print a client assertion, good for a minute and for one request',
    () => import('./commands/assertion.ts'),
  ],
  conformance: [
    'the OpenID Foundation’s conformance plans: configure them, run them',
    () => import('./commands/conformance.ts'),
  ],
  keys: ['the authorization server’s keys: list, rotate', () => import('./commands/keys.ts')],
}

const program = new Command('scripts/lab')
  .description(
    'A FAPI 2.0 sender-constraint laboratory: real certificates, an authorization server, ' +
      'a resource server, clients for every flow, and the attacks they hold off.',
  )
  .option('--certs <folder>', 'the PKI (default: certs)')
  .option('--state <folder>', 'records, clients and the run file (default: .lab)')
  .option('--host <name>', 'host name in URLs and certificates (default: localhost)')
  .option('--listen <address>', 'address to listen on (default: 127.0.0.1, loopback only)')
  .helpCommand(false)
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({
    outputError: (text, write) => write(text.replace(/^error: /, 'holdfast: ')),
  })
  .addHelpText('after', environmentHelp)
  .exitOverride()
  .hook('preSubcommand', async (_, command) => {
    const [, load] = COMMANDS[command.name()] ?? []
    const loaded = await load?.()
    loaded?.define(command)
    // Of the default command the help of all is more to the point.
    if (command.name() !== 'up') pointToHelp(command, 'scripts/lab')
  })
pointToHelp(program)

for (const [name, [description]] of Object.entries(COMMANDS))
  program.command(name, { isDefault: name === 'up' }).description(description)

/** Whoever uses a command wrongly is shown to that command's own help. */
function pointToHelp(command: Command, above?: string): void {
  const path = above === undefined ? command.name() : `${above} ${command.name()}`
  command.showHelpAfterError(`(${path} --help lists what there is)`)
  for (const one of command.commands) pointToHelp(one, path)
}

function environmentHelp(): string {
  const ports = Object.values(PORTS).map(([variable, port]) => `  ${variable}=${port}`)
  return [
    '',
    'tour, attack, flow and call use the lab that is up, or a private one for as long as they take.',
    'ca, client, keys, proof and assertion work on its folders, whether it is up or not.',
    'Exit codes: 0 all is well, 1 a check failed, 2 wrong usage or configuration.',
    '',
    'Environment:',
    ...ports,
    '  HOLDFAST_CERTS, HOLDFAST_STATE, HOLDFAST_HOST, HOLDFAST_LISTEN: as the options above',
    '  HOLDFAST_STORE: sqlite:FOLDER, postgres://USER@HOST:PORT/DATABASE, redis://HOST:PORT, rediss://…',
    '  HOLDFAST_STORE_PASSWORD or HOLDFAST_STORE_PASSWORD_FILE: of that store',
    '  HOLDFAST_BROWSER_ORIGINS: of pages whose scripts may speak to the servers, separated by spaces',
    '  HOLDFAST_KEY_ENCRYPTION_KEY_FILE: 32 bytes in base64; encrypts the keys in the store',
  ].join('\n')
}

// Whoever reads our output may stop reading, as `head` does: the command still does its work.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = await exitCodeOf(error)
}

async function exitCodeOf(error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (tellTold(error)) return 2
  const { refusalOf } = await import('./refusal.ts')
  const refusal = refusalOf(error)
  if (refusal !== undefined) {
    process.stderr.write(`holdfast: ${printable(refusal)}\n`)
    return 1
  }
  throw error
}
