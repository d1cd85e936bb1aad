/** One trace as a sequence diagram in Mermaid's language. */
import type { Addresses } from '../addresses.ts'
import { type Exchange, receiverOf, senderOf, valueOf } from './exchanges.ts'

export function toMermaid(exchanges: readonly Exchange[], addresses: Addresses): string {
  const names = new Map<string, string>()
  const idOf = (name: string): string => {
    const id = names.get(name) ?? `P${names.size + 1}`
    names.set(name, id)
    return id
  }
  const told = exchanges.flatMap((exchange) => {
    const [from, to] = [idOf(senderOf(exchange)), idOf(receiverOf(exchange, addresses))]
    const { request, response, decision } = exchange
    const line = (at: number, text: string) => [{ at, text }]
    return [
      line(request.at, `${from}->>${to}: ${escape(describeRequest(exchange))}`),
      decision && (decision.refusal ?? heldIn(decision) > 0)
        ? line(decision.at, `Note over ${to}: ${escape(describeDecision(decision))}`)
        : [],
      response ? line(response.at, `${to}-->>${from}: ${escape(describeResponse(response))}`) : [],
    ].flat()
  })
  // Whoever answers may ask somebody before: what lies between stands between.
  const lines = told.toSorted((one, other) => one.at - other.at).map(({ text }) => text)
  const participants = [...names].map(([name, id]) => `participant ${id} as ${escape(name)}`)
  return ['sequenceDiagram', ...[...participants, ...lines].map((line) => `  ${line}`), ''].join(
    '\n',
  )
}

/** Names that mean nothing outside their run. */
const PASSING = /\/(interaction|authorize|device|approvals|register)\/[\w-]{20,}/g

function describeRequest({ request }: Exchange): string {
  const { method, url, headers, body = '' } = request
  const scheme = valueOf(headers, 'authorization')?.split(' ')[0]
  const credentials = [
    ...(scheme ? [`${scheme} token`] : []),
    ...(valueOf(headers, 'dpop') ? ['DPoP proof'] : []),
    ...(body.includes('client_assertion=') ? ['client assertion'] : []),
    ...(request.certificate ? ['client certificate'] : []),
  ]
  const target = `${method} ${new URL(url).pathname.replaceAll(PASSING, '/$1/…')}`
  return credentials.length > 0 ? `${target} (${credentials.join(', ')})` : target
}

// Members that say what an answer gives.
const TELLING = ['error', 'request_uri', 'access_token', 'refresh_token', 'id_token']

function describeResponse({ status, body = '' }: NonNullable<Exchange['response']>): string {
  return [status, ...TELLING.filter((name) => body.includes(`"${name}":"`))].join(' ')
}

type Decision = NonNullable<Exchange['decision']>

const heldIn = ({ rows }: Decision): number =>
  rows.filter(({ outcome }) => outcome === 'held').length

function describeDecision(decision: Decision): string {
  const { refusal } = decision
  if (refusal) return `refused, ${[refusal.clause, refusal.error].filter(Boolean).join(' ')}`
  return `accepted, ${heldIn(decision)} clauses held`
}

// Mermaid ends a statement at a semicolon and reads # as the start of an entity.
const escape = (text: string): string =>
  text.replaceAll(/[#;]/g, (character) => `#${character.charCodeAt(0)};`)
