/** Apache with mod_oauth2 as Debian packages them, under a configuration made for this run. */
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import { BODY, PATH } from '../scenario.ts'
import { BenchError } from '../error.ts'
import { find } from '../machine.ts'
import { listening } from './listening.ts'
import { pidOf, type Server } from './processes.ts'
import { requestText } from './request-text.ts'
import { statusOf } from './probe.ts'

const MODULES = '/usr/lib/apache2/modules'

/** Why it cannot run here; `undefined`: it can. */
export function missingApache(): string | undefined {
  if (!find('apache2')) return 'apache2 is not installed'
  return existsSync(join(MODULES, 'mod_oauth2.so')) ? undefined : 'mod_oauth2 is not installed'
}

/** Milliseconds that Apache may take to come up. */
const PATIENCE = 5_000

export async function startApache(bench: Bench): Promise<Server> {
  const { children, folder, issuer, connections } = bench
  const root = join(folder, 'apache')
  await mkdir(join(root, 'www'), { recursive: true })
  // Its processes run as another user if we are root.
  await Promise.all([folder, root, join(root, 'www')].map((each) => chmod(each, 0o755)))
  await writeFile(join(root, `www${PATH}`), JSON.stringify(BODY))
  const url = new URL(await freeAddress())
  const file = join(root, 'apache.conf')
  const key = JSON.stringify(issuer.publicJwk)
  await writeFile(file, configuration({ root, host: url.host, key, connections }))
  const child = children.serve([find('apache2') ?? 'apache2', '-f', file, '-D', 'FOREGROUND'])
  for (const began = performance.now(); child.exitCode === null; await pause(50)) {
    const answer = await statusOf(url, requestText(url.host, {})).catch(() => undefined)
    if (answer !== undefined) return { url, pid: pidOf(child) }
    if (performance.now() - began > PATIENCE) break
  }
  const log = await readFile(join(root, 'error.log'), 'utf8').catch(() => '')
  throw new BenchError(`Apache does not start: ${log.slice(-500)}`)
}

/** A port that was free a moment ago: Apache takes no 0. */
async function freeAddress(): Promise<string> {
  const server = createServer()
  const address = await listening(server, 'http')
  server.close()
  return address
}

interface Settings {
  readonly root: string
  readonly host: string
  readonly key: string
  readonly connections: number
}

// One process of the event MPM, with a thread for each connection: the threads share the one core.
// The caches are mod_oauth2's own defaults: the replay store keeps the last thousand entries.
const configuration = ({ root, host, key, connections }: Settings): string => `
${['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'mime', 'oauth2']
  .map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`)
  .join('\n')}
ServerRoot "${root}"
ServerName ${host}
Listen ${host}
PidFile "${root}/pid"
Mutex "file:${root}" default
ErrorLog "${root}/error.log"
LogLevel crit
User www-data
Group www-data
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
StartServers 1
ServerLimit 1
ThreadLimit ${connections + 16}
ThreadsPerChild ${connections + 16}
MaxRequestWorkers ${connections + 16}
MaxConnectionsPerChild 0
TypesConfig /dev/null
DocumentRoot "${root}/www"
<Directory "${root}/www">
  ForceType application/json
  AuthType oauth2
  OAuth2TokenVerify jwk ${quoted(key)} type=dpop
  OAuth2AcceptTokenIn header name=Authorization&type=DPoP
  OAuth2TargetPass remote_user_claim=sub
  Require oauth2_claim scope:accounts
</Directory>
`

const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`
