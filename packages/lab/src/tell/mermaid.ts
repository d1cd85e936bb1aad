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
  const lines = exchanges.flatMap((exchange) => {
    const [from, to] = [idOf(senderOf(exchange)), idOf(receiverOf(exchange, addresses))]
    const { response, decision } = exchange
    return [
      `${from}->>${to}: ${escape(describeRequest(exchange))}`,
      ...(decision ? [`Note over ${to}: ${escape(describeDecision(decision))}`] : []),
      ...(response ? [`${to}-->>${from}: ${escape(describeResponse(response))}`] : []),
    ]
  })
  const participants = [...names].map(([name, id]) => `participant ${id} as ${escape(name)}`)
  return ['sequenceDiagram', ...[...participants, ...lines].map((line) => `  ${line}`), ''].join(
    '\n',
  )
}

function describeRequest({ request }: Exchange): string {
  const { method, url, headers, body = '' } = request
  const scheme = valueOf(headers, 'authorization')?.split(' ')[0]
  const credentials = [
    ...(scheme ? [`${scheme} token`] : []),
    ...(valueOf(headers, 'dpop') ? ['DPoP proof'] : []),
    ...(body.includes('client_assertion=') ? ['client assertion'] : []),
    ...(request.certificate ? ['client certificate'] : []),
  ]
  const target = `${method} ${new URL(url).pathname}`
  return credentials.length > 0 ? `${target} (${credentials.join(', ')})` : target
}

// Members that say what an answer gives.
const TELLING = ['error', 'request_uri', 'access_token', 'refresh_token', 'id_token']

function describeResponse({ status, body = '' }: NonNullable<Exchange['response']>): string {
  return [status, ...TELLING.filter((name) => body.includes(`"${name}":"`))].join(' ')
}

function describeDecision({ refusal, rows }: NonNullable<Exchange['decision']>): string {
  if (refusal) return `refused, ${[refusal.clause, refusal.error].filter(Boolean).join(' ')}`
  return `accepted, ${rows.filter(({ outcome }) => outcome === 'held').length} clauses held`
}

// Mermaid ends a statement at a semicolon and reads # as the start of an entity.
const escape = (text: string): string =>
  text.replaceAll(/[#;]/g, (character) => `#${character.charCodeAt(0)};`)
