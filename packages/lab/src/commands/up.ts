import type { Command } from 'commander'
import { CLIENTS } from '../clients/clients.ts'
import { UsageError } from '../errors.ts'
import type { Lab } from '../lab.ts'
import { readLiveRun, removeRunFile, writeRunFile } from '../run-file.ts'
import { untilStopped } from '../servers/service.ts'
import { bold, column, dim, named, type Tell, toPeople as tell } from '../tell/terminal.ts'
import { USERS } from '../clients/users.ts'
import { configurationOf, withLab } from './global.ts'

// The default is said, since commander finds that of a negated option before a command is defined.
export const define = (command: Command): Command =>
  command.option('--no-tour', 'skip the tour', true).allowExcessArguments().action(up)

async function up(options: { tour: boolean }, command: Command): Promise<void> {
  const [unknown] = command.args
  if (unknown !== undefined) {
    const known = command.parent?.commands.map((one) => one.name()).join(', ')
    throw new UsageError(`there is no command ${JSON.stringify(unknown)}; there are ${known}`)
  }
  const configuration = configurationOf(command)
  const { state } = configuration
  const live = await readLiveRun(state)
  if (live)
    throw new UsageError(
      `a lab is already up at ${live.addresses.console} (process ${live.pid}); stop it, or use another --state and ports`,
    )
  const stopped = untilStopped()
  const { startLab } = await import('../lab.ts')
  const lab = await startLab(configuration)
  let isLeft = false
  try {
    await lab.ready()
    await writeRunFile(state, {
      pid: process.pid,
      hubToken: lab.hub.token,
      certs: configuration.certs,
      addresses: { ...lab.addresses },
    })
    tell(`${bold('Holdfast')} is up after ${Math.round(performance.now())} ms\n`)
    isLeft = options.tour && (await tourOnce(command, stopped)) === 'left'
    if (isLeft) return
    tellAddresses(lab, state, tell)
    tellWhatNext(command, tell)
    await stopped
  } finally {
    try {
      await removeRunFile(state)
    } finally {
      await lab.close()
    }
    // What is left of the tour would go on without a lab.
    if (isLeft) process.exit()
  }
}

/** Whoever stops the lab in the middle of the tour does not wait for the rest. */
async function tourOnce(command: Command, stopped: Promise<void>): Promise<'taken' | 'left'> {
  const { tour } = await import('../flows/tour.ts')
  let isStopped = false
  const tellOn: Tell = (line) => {
    if (!isStopped) tell(line)
  }
  const taken = withLab(command, (lab) => tour(lab, tellOn)).then(
    ({ ok }) => {
      if (!ok && !isStopped) process.exitCode = 1
      tellOn()
      return 'taken' as const
    },
    (error: unknown) => {
      if (!isStopped) throw error
      return 'left' as const
    },
  )
  const left = stopped.then(() => {
    isStopped = true
    return 'left' as const
  })
  return Promise.race([taken, left])
}

function tellAddresses({ addresses }: Lab, state: string, to: Tell): void {
  const line = (name: string, url: string, note = '') =>
    to(`  ${column(name, 38)}${named(url)}${note && `  ${dim(note)}`}`)
  to(bold('Addresses'))
  line('authorization server (issuer)', addresses.issuer, '/applications  /approvals  /device')
  line('  its mTLS alias', addresses.mtlsAlias)
  line(
    'resource server',
    addresses.resource,
    '/accounts  /payments  /step-up  /anything  /opaque/…',
  )
  line('CRL, OCSP, CA certificates', addresses.certificateStatus)
  line('trace hub', addresses.console, '/browser')
  line(
    'health of the authorization server',
    `${addresses.authorizationServerManagement}/health/ready`,
  )
  line('health of the resource server', `${addresses.resourceServerManagement}/health/ready`)
  to()
  to(`${bold('Clients')}  ${CLIENTS.map(({ id }) => id).join(', ')}`)
  to(
    dim(
      `         and more, by scripts/lab client list; keys and certificates are in ${state}/clients`,
    ),
  )
  const logins = USERS.map(({ login }) => login).join(', ')
  to(`${bold('Users')}    ${logins}; the password of each is doe`)
  to()
}

/** A lab with state of its own is found by those commands only that name it. */
function tellWhatNext(command: Command, to: Tell): void {
  const { state }: { state?: string } = command.parent?.opts() ?? {}
  const which = state === undefined ? '' : ` --state ${state}`
  const lines = ['flow authorization-code', 'call GET /accounts --as tls-client-auth-mtls']
  to('Try, in another terminal:')
  for (const line of lines) to(`  ${named(`scripts/lab ${line}${which}`)}`)
  to(
    'The trace holds tokens and proofs on purpose; it is not for production. Ctrl-C stops the lab.',
  )
}
