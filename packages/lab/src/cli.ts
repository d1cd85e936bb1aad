/**
 * The command line. Exit codes: 0 all is well, 1 a check failed, 2 the command or the configuration
 * is wrong.
 */
import { Command, CommanderError, Option } from 'commander'
import { certificateAuthority } from './commands/ca.ts'
import { call } from './commands/call.ts'
import { clients } from './commands/client.ts'
import { conformance } from './commands/conformance.ts'
import { doctor } from './commands/doctor.ts'
import { flow, FLOWS } from './commands/flow.ts'
import { inspect } from './commands/inspect.ts'
import { signingKeys } from './commands/keys.ts'
import { tourCommand } from './commands/tour.ts'
import { up } from './commands/up.ts'
import { AUTHENTICATIONS, BINDINGS } from './clients.ts'
import { PORTS } from './configuration.ts'
import { refusalOf, tellTold } from './errors.ts'

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
  .showHelpAfterError('(scripts/lab --help lists what there is)')
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({
    outputError: (text, write) => write(text.replace(/^error: /, 'holdfast: ')),
  })
  .addHelpText('after', environmentHelp)
  .exitOverride()

const json = new Option('--json', 'print the result as JSON')
const token = new Option('--token <form>', 'form of the access token')
  .choices(['jwt', 'opaque'])
  .default('jwt')

program
  .command('up', { isDefault: true })
  .description('start everything, run the tour once, print the addresses, stay up (the default)')
  .option('--no-tour', 'skip the tour')
  .allowExcessArguments()
  .action(up)

program
  .command('tour')
  .description('every flow with every client, the attacks, the honest requests again')
  .addOption(json)
  .action(tourCommand)

program
  .command('flow')
  .description('tell one flow step by step: every request and response, decoded')
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

program
  .command('call')
  .description('get a token and call any URL with it, with proof or certificate, like curl')
  .argument('<method>', 'GET, POST, …')
  .argument('<url>', 'an absolute URL, or a path of the lab’s API such as /accounts')
  .requiredOption('--as <client>', 'the client: see client list')
  .option('--scope <scopes>', 'space-separated', 'accounts')
  .option('--resource <uri>', 'resource indicator (default: the lab’s API)')
  .addOption(token)
  .addOption(
    new Option('-H, --header <line>', 'a header field; may stand several times')
      .argParser(collect)
      .default([], 'none'),
  )
  .option('-d, --data <body>', 'the body, sent as JSON unless a header says otherwise')
  .option('--curl', 'print the equivalent curl command instead of calling')
  .addOption(json)
  .action(call)

program
  .command('inspect')
  .description('decode a token, a proof or a certificate, compute its hashes, say what is odd')
  .argument(
    '<thing>',
    'an access token, a DPoP proof, a certificate in PEM, a file of these, or - for standard input',
  )
  // A certificate in PEM begins with a hyphen.
  .allowUnknownOption()
  .addOption(json)
  .action(inspect)

program
  .command('doctor')
  .description('look at Node, ports, certificates, state and clock; say what to do')
  .addOption(json)
  .action(doctor)

certificateAuthority(program)
clients(program)
conformance(program)
signingKeys(program)

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

function environmentHelp(): string {
  const ports = Object.values(PORTS).map(([variable, port]) => `  ${variable}=${port}`)
  return [
    '',
    'Commands but up and doctor use the lab that is up, or a private one for as long as they take.',
    'Exit codes: 0 all is well, 1 a check failed, 2 wrong usage or configuration.',
    '',
    'Environment:',
    ...ports,
    '  HOLDFAST_CERTS, HOLDFAST_STATE, HOLDFAST_HOST, HOLDFAST_LISTEN: as the options above',
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
  process.exitCode = exitCodeOf(error)
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (tellTold(error)) return 2
  const refusal = refusalOf(error)
  if (refusal !== undefined) {
    process.stderr.write(`holdfast: ${refusal}\n`)
    return 1
  }
  throw error
}
