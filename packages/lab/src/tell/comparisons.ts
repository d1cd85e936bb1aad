/** What constrains a token, told as who compares it: two values, and whether they are the same. */
import { hash } from 'node:crypto'
import { thumbprint } from '@holdfast/client'
import { type Exchange, valueOf } from './exchanges.ts'
import { decodeJwt } from './jwt.ts'
import { bad, good } from './terminal.ts'

type Confirmation = { readonly jkt?: string; readonly 'x5t#S256'?: string }

const PROOF = 'thumbprint of the proof’s jwk'
const CERTIFICATE = 'thumbprint of the certificate'

/** Where a token is presented, and where one is issued: its hash and its `cnf`, with what this request has. */
export function comparisonsOf({ request, response }: Exchange): readonly string[] {
  const { headers, certificate, body = '' } = request
  const presented = valueOf(headers, 'authorization')?.split(' ')[1]
  const cnf = confirmationOf(presented ?? issuedBy(response))
  const proof = decodeJwt(valueOf(headers, 'dpop') ?? '')
  const jwk = proof?.header['jwk']
  const jkt = jwk === undefined ? undefined : thumbprint({ kty: '', ...Object(jwk) })
  const dpopJkt = presented === undefined ? new URLSearchParams(body).get('dpop_jkt') : null
  const ath = presented === undefined ? [] : compareHash(proof?.claims['ath'], presented)
  if (presented !== undefined && cnf === undefined) return [...ath, ...notShown(jkt, certificate)]
  return [
    ...ath,
    ...compare(['dpop_jkt', dpopJkt ?? undefined], [PROOF, jkt]),
    ...compare(['cnf.jkt of the token', cnf?.jkt], [PROOF, jkt]),
    ...compare(['cnf.x5t#S256 of the token', cnf?.['x5t#S256']], [CERTIFICATE, certificate]),
  ]
}

/** An opaque token: who issued it knows what constrains it, or says so by introspection. */
const notShown = (jkt: string | undefined, certificate: string | undefined): readonly string[] => [
  `${jkt === undefined ? CERTIFICATE : PROOF} ${jkt ?? certificate}; cnf is not in an opaque token`,
]

const compareHash = (ath: unknown, token: string): readonly string[] =>
  typeof ath === 'string'
    ? compare(
        ['ath of the proof', ath],
        ['SHA-256 of the token', hash('sha256', token, 'base64url')],
      )
    : []

const confirmationOf = (token: string): Confirmation | undefined => {
  const { cnf }: { cnf?: Confirmation } = decodeJwt(token)?.claims ?? {}
  return cnf
}

function issuedBy(response: Exchange['response']): string {
  const isJson = valueOf(response?.headers ?? [], 'content-type')?.includes('json')
  const { access_token: token }: { access_token?: unknown } = isJson
    ? Object(JSON.parse(response?.body || '{}'))
    : {}
  return typeof token === 'string' ? token : ''
}

type Named = readonly [name: string, value: string | undefined]

const compare = ([one, first]: Named, [other, second]: Named): readonly string[] =>
  first === undefined
    ? []
    : [`${one} ${first} ${first === second ? good('=') : bad('≠')} ${other} ${second}`]
