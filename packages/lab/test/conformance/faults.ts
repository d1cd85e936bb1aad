/** Answers of an authorization server that must make a client stop. */
import type { Fault } from './relay.ts'

type Edit = Fault['answer']

/** Of the redirect that brings the browser back to the client. */
const response =
  (edit: (query: URLSearchParams) => void): Edit =>
  ({ headers, ...answer }) => {
    const { location } = headers
    if (!location?.includes('/callback?')) return undefined
    const url = new URL(location)
    edit(url.searchParams)
    return { ...answer, headers: { ...headers, location: url.href } }
  }

interface Honest {
  readonly id_token: string
}

/** Of what is asked for at a path; an answer that asks for a nonce first is none. */
const json =
  (where: string, edit: (honest: Honest) => object = () => ({})): Edit =>
  (answer) => {
    if (answer.path !== where || answer.status !== 200) return undefined
    const honest: Honest = JSON.parse(answer.body)
    return { ...answer, body: JSON.stringify({ ...honest, ...edit(honest) }) }
  }

const forged = (jwt: string): string => {
  const [header, claims, signature = ''] = jwt.split('.')
  const first = signature.startsWith('A') ? 'B' : 'A'
  return [header, claims, first + signature.slice(1)].join('.')
}

const unsigned = (jwt: string): string =>
  `${Buffer.from('{"alg":"none"}').toString('base64url')}.${jwt.split('.')[1]}.`

const signedResponse = (edit: (jwt: string) => string): Edit =>
  response((query) => query.set('response', edit(query.get('response') ?? '')))

const ATTACKER = 'https://attacker.example'

/** An answer as it should be. */
export const NONE: Fault = { answer: json('/token') }

interface Named extends Fault {
  /** What the client says of it. */
  readonly reason: string
}

// oxfmt-ignore
const OF_EVERY_SERVER: Readonly<Record<string, Named>> = {
  'metadata-of-another-issuer':  { answer: json('/.well-known/openid-configuration', () => ({ issuer: ATTACKER })), reason: 'issuer' },
  'id-token-forged':             { answer: json('/token', ({ id_token }) => ({ id_token: forged(id_token) })), reason: 'signature verification failed' },
  'id-token-unsigned':           { answer: json('/token', ({ id_token }) => ({ id_token: unsigned(id_token) })), reason: '"alg"' },
}

// oxfmt-ignore
export const FAULTS: Readonly<Record<string, Named>> = {
  ...OF_EVERY_SERVER,
  'response-with-another-iss':   { answer: response((query) => query.set('iss', ATTACKER)), reason: '"iss"' },
  'response-without-iss':        { answer: response((query) => query.delete('iss')), reason: '"iss"' },
  'response-with-another-state': { answer: response((query) => query.set('state', 'x')), reason: '"state"' },
  'response-without-state':      { answer: response((query) => query.delete('state')), reason: '"state"' },
  'id-token-with-another-nonce': { pushed: (form) => form.set('nonce', 'x'), answer: json('/token'), reason: '"nonce"' },
  'id-token-without-nonce':      { pushed: (form) => form.delete('nonce'), answer: json('/token'), reason: '"nonce"' },
}

// oxfmt-ignore
export const FAULTS_OF_MESSAGE_SIGNING: Readonly<Record<string, Named>> = {
  ...OF_EVERY_SERVER,
  'response-forged':             { answer: signedResponse(forged), reason: 'signature verification failed' },
  'response-unsigned':           { answer: signedResponse(unsigned), reason: '"alg"' },
}
