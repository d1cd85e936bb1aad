/** The client of the bench: signs in place, and does as FAPI 2.0 wants it, no more. */
import {
  createPrivateKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto'
import { DPOP_CLIENT, REDIRECT_URI, RESOURCE, SCOPE } from '../names.ts'
import { type Answer, field, type Request } from './connection.ts'

export class Client {
  readonly #issuer: string
  readonly #assertionKey: KeyObject
  readonly #proofKey: KeyObject
  readonly #proofHeader: string
  #nonce: string | undefined

  constructor(issuer: string, jwk: object) {
    this.#issuer = issuer
    this.#assertionKey = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#proofKey = privateKey
    const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
    this.#proofHeader = segment({ typ: 'dpop+jwt', alg: 'ES256', jwk: { crv, kty, x, y } })
  }

  clientCredentials(): Request {
    return this.#request('/token', { grant_type: 'client_credentials', scope: SCOPE })
  }

  push(verifier: string): Request {
    return this.#request('/par', {
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: `openid ${SCOPE}`,
      code_challenge: hash('sha256', verifier, 'base64url'),
      code_challenge_method: 'S256',
    })
  }

  redeem(code: string, verifier: string): Request {
    const grant = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI }
    return this.#request('/token', { ...grant, code_verifier: verifier })
  }

  /** Remembers the nonce. @returns was one asked for? */
  learn(answer: Answer): boolean {
    this.#nonce = field(answer, 'dpop-nonce') ?? this.#nonce
    return answer.status === 400 && answer.body.includes('"use_dpop_nonce"')
  }

  #request(path: string, form: Readonly<Record<string, string>>): Request {
    const iat = Math.floor(Date.now() / 1000)
    const own = { iss: DPOP_CLIENT, sub: DPOP_CLIENT, aud: this.#issuer, iat, exp: iat + 60 }
    const assertion = `${ASSERTION}.${segment({ ...own, jti: randomUUID() })}`
    const proof = segment({
      jti: randomUUID(),
      htm: 'POST',
      htu: this.#issuer + path,
      iat,
      ...(this.#nonce !== undefined && { nonce: this.#nonce }),
    })
    return {
      path,
      fields: { dpop: signed(`${this.#proofHeader}.${proof}`, this.#proofKey) },
      form: {
        client_id: DPOP_CLIENT,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: signed(assertion, this.#assertionKey),
        resource: RESOURCE,
        ...form,
      },
    }
  }
}

const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const ASSERTION = segment({ alg: 'ES256', typ: 'JWT' })

function signed(input: string, key: KeyObject): string {
  const options = { key, dsaEncoding: 'ieee-p1363' as const }
  return `${input}.${sign('sha256', Buffer.from(input), options).toString('base64url')}`
}
