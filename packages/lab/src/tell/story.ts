/** One trace told to a person: every request and response, decoded, and what was compared with what. */
import type { RequestEvent, ResponseEvent } from '@holdfast/trace'
import { thumbprint } from '@holdfast/client'
import type { Addresses } from '../addresses.ts'
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
  if (request.by === 'user-agent') return
  for (const [name, value] of parametersOf(request)) tellValue(name, value, tell)
}

// openid-client sends forms; whatever else a client sends is shown as it is.
function parametersOf({ headers, body }: RequestEvent): readonly (readonly [string, string])[] {
  if (body === undefined) return []
  const isForm = valueOf(headers, 'content-type')?.startsWith('application/x-www-form-urlencoded')
  return isForm ? [...new URLSearchParams(body)] : [['body', body]]
}

function tellResponse({ status, headers, body }: ResponseEvent, tell: Tell): void {
  tell(`   ${status < 400 ? good(`← ${status}`) : bad(`← ${status}`)}`)
  for (const name of ['location', 'dpop-nonce', 'www-authenticate']) {
    const value = valueOf(headers, name)
    if (value) tellValue(name, value, tell)
  }
  const signed = new URLSearchParams(valueOf(headers, 'location')?.split('?')[1]).get('response')
  if (signed !== null) tellValue('response', signed, tell) // JARM
  if (!valueOf(headers, 'content-type')?.includes('json') || !body) return
  const members: Readonly<Record<string, unknown>> = Object(JSON.parse(body))
  if ('keys' in members) tell(dim(`     ${Object(members['keys']).length} public keys`))
  else if ('issuer' in members) tell(dim(`     ${Object.keys(members).length} members of metadata`))
  else
    for (const [name, value] of Object.entries(members))
      tellValue(name, typeof value === 'string' ? value : JSON.stringify(value), tell)
}

const LONG = 100

function tellValue(name: string, value: string, tell: Tell): void {
  const decoded = decodeJwt(value)
  const short = value.length > LONG ? `${value.slice(0, 40)}… (${value.length} characters)` : value
  tell(`     ${named(name)} ${decoded ? dim(short) : short}`)
  if (!decoded) return
  tell(`       ${dim('header')} ${JSON.stringify(decoded.header)}`)
  tell(`       ${dim('claims')} ${JSON.stringify(decoded.claims)}`)
}

function tellDecision({ request, decision }: Exchange, tell: Tell): void {
  if (!decision) return
  const { refusal, rows } = decision
  if (refusal) {
    const { clause, error, sentence, expected, actual } = refusal
    tell(`     ${bad('refused')} ${[clause, error].filter(Boolean).join(' ')}: ${sentence}`)
    if (expected !== undefined) tell(`       expected ${expected}, got ${actual}`)
    return
  }
  for (const line of comparisonsOf(request)) tell(`     ${line}`)
  const held = rows.filter(({ outcome }) => outcome === 'held').length
  tell(`     ${good('accepted')} ${held} clauses held, ${rows.length - held} did not apply`)
}

/** Where `cnf` comes from and what it is compared with. */
function comparisonsOf({ headers, certificate }: RequestEvent): readonly string[] {
  const token = valueOf(headers, 'authorization')?.split(' ')[1] ?? ''
  const { cnf }: { cnf?: { jkt?: string; 'x5t#S256'?: string } } = decodeJwt(token)?.claims ?? {}
  const jwk = decodeJwt(valueOf(headers, 'dpop') ?? '')?.header['jwk']
  return [
    ...(jwk
      ? [compare('cnf.jkt of the token', cnf?.jkt, 'thumbprint of the proof’s jwk', jktOf(jwk))]
      : []),
    ...(cnf?.['x5t#S256']
      ? [
          compare(
            'cnf.x5t#S256 of the token',
            cnf['x5t#S256'],
            'thumbprint of the certificate',
            certificate,
          ),
        ]
      : []),
  ]
}

const jktOf = (jwk: unknown): string => thumbprint({ kty: '', ...Object(jwk) })

function compare(
  one: string,
  first: string | undefined,
  other: string,
  second: string | undefined,
): string {
  if (first === undefined) return `${other} ${second}; cnf came by introspection`
  const sign = first === second ? good('=') : bad('≠')
  return `${one} ${first} ${sign} ${other} ${second}`
}
