/** JWTs by hand: taken apart, and signed by whoever wants to. */
import { makeProof, type ProofKey } from '@holdfast/client'

type Members = Readonly<Record<string, unknown>>

/** Replaces or adds members; `undefined` takes one out. */
export interface JwtEdit {
  readonly header?: Members
  readonly claims?: Members
}

export const segments = (jwt: string): readonly [string, string, string] => {
  const [header = '', payload = '', signature = ''] = jwt.split('.')
  return [header, payload, signature]
}

export const json = (segment: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(segment, 'base64url').toString())

export const encode = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')

/** One that says just this, and its `alg`: nothing of a proof is left. With alg none it has no signature. */
export async function signJwt(key: ProofKey, { header, claims }: JwtEdit): Promise<string> {
  const jwt = await makeProof(key, {
    method: '',
    url: '',
    header: { typ: undefined, jwk: undefined, ...header },
    claims: { jti: undefined, htm: undefined, htu: undefined, iat: undefined, ...claims },
  })
  return header?.['alg'] === 'none' ? jwt.replace(/[^.]+$/, '') : jwt
}

/** One that says what another does, edited, under the name of the other's key. */
export function resign(key: ProofKey, jwt: string, edit: JwtEdit = {}): Promise<string> {
  const [header, payload] = segments(jwt)
  return signJwt(key, {
    header: { ...json(header), ...edit.header },
    claims: { ...json(payload), ...edit.claims },
  })
}
