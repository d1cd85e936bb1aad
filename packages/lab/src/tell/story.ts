/** One trace told to a person: every request and response, decoded, and what was compared with what. */
import type { RequestEvent, ResponseEvent } from '@holdfast/trace'
import type { Addresses } from '../addresses.ts'
import { comparisonsOf } from './comparisons.ts'
import { type Exchange, receiverOf, senderOf, valueOf } from './exchanges.ts'
import { decodeJwt } from './jwt.ts'
import { bad, bold, dim, good, named, type Tell } from './terminal.ts'

export function tellStory(exchanges: readonly Exchange[], addresses: Addresses, tell: Tell): void {
  for (const [index, exchange] of exchanges.entries()) {
    const { request, response } = exchange
    const { pathname } = new URL(request.url)
    const way = `${senderOf(exchange)} → ${receiverOf(exchange, addresses)}`
    tell(`${bold(`${index + 1}  ${way}`)}   ${request.method} ${pathname}`)
    tellRequest(request, tell)
    if (response) tellResponse(response, tell)
    tellDecision(exchange, tell)
    tell()
  }
}

function tellRequest(request: RequestEvent, tell: Tell): void {
  const authorization = valueOf(request.headers, 'authorization')
  const proof = valueOf(request.headers, 'dpop')
  if (request.certificate) tellValue('client certificate', `x5t#S256 ${request.certificate}`, tell)
  if (authorization) {
    const [scheme = '', token = ''] = authorization.split(' ')
    tellValue(`Authorization: ${scheme}`, token, tell)
  }
  if (proof) tellValue('DPoP', proof, tell)
  for (const [name, value] of parametersOf(request)) tellValue(name, value, tell)
}

// openid-client sends forms; whatever else a client sends is shown as it is. What an end-user types
// into a form is nobody's business.
function parametersOf({ by, url, headers, body }: RequestEvent): readonly Parameter[] {
  const query = [...new URL(url).searchParams]
  if (body === undefined || by === 'user-agent') return query
  const isForm = valueOf(headers, 'content-type')?.startsWith('application/x-www-form-urlencoded')
  return [...query, ...(isForm ? new URLSearchParams(body) : [['body', body] as const])]
}

type Parameter = readonly [name: string, value: string]

function tellResponse({ status, headers, body }: ResponseEvent, tell: Tell): void {
  tell(`   ${status < 400 ? good(`← ${status}`) : bad(`← ${status}`)}`)
  for (const name of ['location', 'dpop-nonce', 'www-authenticate']) {
    const value = valueOf(headers, name)
    if (value) tellValue(name, value, tell)
  }
  const signed = new URLSearchParams(valueOf(headers, 'location')?.split('?')[1]).get('response')
  if (signed !== null) tellValue('response', signed, tell) // JARM
  const [, title] = /<title>(.*?)(?: – Holdfast)?<\/title>/.exec(body ?? '') ?? []
  if (title !== undefined) tellValue('page', `“${title}”`, tell)
  if (!valueOf(headers, 'content-type')?.includes('json') || !body) return
  const members: Readonly<Record<string, unknown>> = Object(JSON.parse(body))
  if ('keys' in members) tell(dim(`     ${Object(members['keys']).length} public keys`))
  else if ('issuer' in members) tell(dim(`     ${Object.keys(members).length} members of metadata`))
  else
    for (const [name, value] of Object.entries(members))
      tellValue(name, typeof value === 'string' ? value : JSON.stringify(value), tell)
}

/** Characters: a challenge, a payment or a redirect is shown as a whole, a list of keys is not. */
const LONG = 300

function tellValue(name: string, value: string, tell: Tell): void {
  const decoded = decodeJwt(value)
  const short = value.length > LONG ? `${value.slice(0, 40)}… (${value.length} characters)` : value
  tell(`     ${named(name)} ${decoded ? dim(short) : short}`)
  if (!decoded) return
  tell(`       ${dim('header')} ${JSON.stringify(decoded.header)}`)
  tell(`       ${dim('claims')} ${JSON.stringify(decoded.claims)}`)
}

function tellDecision(exchange: Exchange, tell: Tell): void {
  const { decision } = exchange
  if (!decision) return
  const { refusal, rows } = decision
  if (refusal) {
    const { clause, error, sentence, expected, actual } = refusal
    tell(`     ${bad('refused')} ${[clause, error].filter(Boolean).join(' ')}: ${sentence}`)
    if (expected !== undefined) tell(`       expected ${expected}, got ${actual}`)
    return
  }
  for (const line of comparisonsOf(exchange)) tell(`     ${line}`)
  const held = rows.filter(({ outcome }) => outcome === 'held').length
  if (held > 0)
    tell(`     ${good('accepted')} ${held} clauses held, ${rows.length - held} did not apply`)
}
