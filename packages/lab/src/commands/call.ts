import type { FapiClient, Tokens } from '@holdfast/client'
import { newTrace } from '@holdfast/trace'
import { type Command, Option } from 'commander'
import { resourcesOf } from '../addresses.ts'
import { UsageError } from '../errors.ts'
import { connectAs } from '../flows/as-client.ts'
import type { TokenForm } from '../flows/flows.ts'
import { printJson } from '../tell/terminal.ts'
import { checkIsClient, isOfTheLab } from '../clients/own-clients.ts'
import { type Call, curlOf } from './curl.ts'
import { configurationOf, json, token, withLab } from './global.ts'

interface CallOptions {
  readonly as: string
  readonly scope: string
  readonly resource?: string
  readonly token: TokenForm
  readonly header: readonly string[]
  readonly data?: string
  readonly curl?: true
  readonly json?: true
}

export const define = (command: Command): Command =>
  command
    .argument('<method>', 'GET, POST, …')
    .argument('<url>', 'an absolute URL, or a path of the lab’s API such as /accounts')
    .requiredOption('--as <client>', 'the client: see client list')
    .option('--scope <scopes>', 'space-separated', 'accounts')
    .option('--resource <uri>', 'resource indicator (default: the lab’s API)')
    .addOption(token)
    .addOption(
      new Option('-H, --header <line>', 'a header field; may stand several times')
        .argParser((line: string, before: readonly string[]) => [...before, line])
        .default([], 'none'),
    )
    .option('-d, --data <body>', 'the body, sent as JSON unless a header says otherwise')
    .option('--curl', 'print the equivalent curl command instead of calling')
    .addOption(json)
    .action(call)

async function call(
  method: string,
  target: string,
  options: CallOptions,
  command: Command,
): Promise<void> {
  const { as: id, token: form, data } = options
  await checkIsClient(configurationOf(command).state, id)
  const name = methodOf(method, data)
  const headers = headersOf(options)
  await withLab(command, async (lab) => {
    if (lab.isPrivate && !isOfTheLab(id))
      throw new UsageError(
        `${id} is known where it was added: start scripts/lab up in another terminal`,
      )
    const ours = resourcesOf(lab.addresses.resource)[form]
    const request = {
      method: name,
      url: urlOf(target, ours),
      headers,
      ...(data !== undefined && { body: data }),
    }
    const context = newTrace()
    const client = await connectAs(lab, id, context)
    try {
      const resource = options.resource ?? ours
      const tokens = await client.clientCredentials({ scope: options.scope, resource })
      if (options.curl) return process.stdout.write(await curlOf(lab, client, tokens, request))
      return await send(client, tokens, request, options)
    } finally {
      await client.close()
    }
  })
}

async function send(
  client: FapiClient,
  tokens: Tokens,
  { method, url, headers, body }: Call,
  options: CallOptions,
): Promise<void> {
  const response = await client.call(tokens, method, url, {
    headers,
    ...(body !== undefined && { body }),
  })
  const text = await response.text()
  if (options.json)
    printJson({ status: response.status, headers: [...response.headers.entries()], body: text })
  else if (text !== '') process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  if (!response.ok) {
    process.stderr.write(`holdfast: the answer is ${response.status}\n`)
    process.exitCode = 1
  }
}

// Those that fetch refuses to send.
const UNSENDABLE = new Set(['CONNECT', 'TRACE', 'TRACK'])

function methodOf(method: string, data: string | undefined): string {
  const name = method.toUpperCase()
  if (!/^[A-Z]+(-[A-Z]+)*$/.test(name) || UNSENDABLE.has(name))
    throw new UsageError(`${JSON.stringify(method)} is no method that this command can send`)
  if (data !== undefined && ['GET', 'HEAD'].includes(name))
    throw new UsageError(
      `a ${name} request has no body; leave --data out, or choose another method`,
    )
  return name
}

/** As it will stand on the wire, so that a proof made for it is made for what is sent. */
function urlOf(target: string, ours: string): string {
  const url = URL.parse(target.startsWith('/') ? ours + target : target)
  if (url?.protocol !== 'https:')
    throw new UsageError(`${JSON.stringify(target)} is neither an https URL nor a path of the API`)
  return url.href
}

function headersOf({ header, data }: CallOptions): Readonly<Record<string, string>> {
  const pairs = header.map((line) => {
    const [, name, value] =
      /^([!#$%&'*+\-.^_`|~\w]+):\s*([\t\x20-\x7e\xa0-\xff]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined)
      throw new UsageError(`${JSON.stringify(line)} is no header field; write Name: value`)
    if (['authorization', 'dpop'].includes(name.toLowerCase()))
      throw new UsageError(`${name} is what this command makes; another cannot be given`)
    return [name.toLowerCase(), value] as const
  })
  const type = data === undefined ? {} : { 'content-type': 'application/json' }
  return { ...type, ...Object.fromEntries(pairs) }
}
