/** A FAPI 2.0 client that can send one request many times, or leave a part of it as it was. */
import { createPrivateKey, hash, randomBytes, randomUUID } from 'node:crypto'
import {
  approve,
  type ClientMaterial,
  type Connection,
  generateProofKey,
  makeProof,
  openConnection,
  type ProofKey,
} from '@holdfast/client'

export interface Answer {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
  /** Seconds, where the answer says when to ask again. */
  readonly retryAfter?: string | undefined
}

/** What one request presents; a part that is not given is made for it alone. */
export interface Presented {
  readonly assertion?: string
  readonly proof?: string
}

export interface Code {
  readonly code: string
  readonly verifier: string
}

/** Client assertions last so long, in seconds: until what was acknowledged has been tried again. */
const LIFE = 300

/** As long as any may last. */
export const LONGEST_LIFE = 600

/** Speaks for one `private_key_jwt` client. */
export class Requests {
  readonly #material: ClientMaterial
  readonly #proofKey: ProofKey
  readonly #connection: Connection
  #nonce: string | undefined

  private constructor(material: ClientMaterial, proofKey: ProofKey) {
    this.#material = material
    this.#proofKey = proofKey
    this.#connection = openConnection({ trust: material.trust })
  }

  static async of(material: ClientMaterial): Promise<Requests> {
    return new Requests(material, await generateProofKey('ES256'))
  }

  assertion(life = LIFE): Promise<string> {
    const { key, clientId, issuer } = this.#material
    const privateKey = createPrivateKey({ key: { ...key }, format: 'jwk' })
    const exp = Math.floor(Date.now() / 1000) + life
    const own = { iss: clientId, sub: clientId, aud: issuer, exp, jti: randomUUID() }
    return makeProof(
      { privateKey, publicJwk: { kty: 'EC' }, alg: 'ES256' },
      {
        method: '',
        url: '',
        header: { typ: 'JWT', kid: key?.kid, jwk: undefined },
        claims: { ...own, htm: undefined, htu: undefined },
      },
    )
  }

  proof(path: string): Promise<string> {
    const url = this.#material.issuer + path
    const nonce = this.#nonce
    return makeProof(this.#proofKey, { method: 'POST', url, ...(nonce !== undefined && { nonce }) })
  }

  /** As it is answered: no second try with a nonce. */
  async once(
    path: string,
    form: Readonly<Record<string, string>>,
    presented: Presented = {},
  ): Promise<Answer> {
    const { clientId, issuer } = this.#material
    const body = new URLSearchParams({
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: presented.assertion ?? (await this.assertion()),
      ...form,
    })
    const answer = await this.#connection.fetch(issuer + path, {
      method: 'POST',
      headers: { accept: ACCEPTED, DPoP: presented.proof ?? (await this.proof(path)) },
      body,
    })
    this.#nonce = answer.headers.get('dpop-nonce') ?? this.#nonce
    const text = await answer.text()
    const json = answer.status === 200 ? unsigned(text) : parsed(text)
    const retryAfter = answer.headers.get('retry-after') ?? undefined
    return { status: answer.status, json, retryAfter }
  }

  /** Once more where a nonce is asked for (RFC 9449 §8). */
  async send(
    path: string,
    form: Readonly<Record<string, string>>,
    presented: Pick<Presented, 'assertion'> = {},
  ): Promise<Answer> {
    const answer = await this.once(path, form, presented)
    return answer.json['error'] === 'use_dpop_nonce' ? this.once(path, form, presented) : answer
  }

  /** A page, without cookies; the error that is on it, or with which it leads back to the client. */
  async page(url: URL): Promise<Answer> {
    const answer = await this.#connection.fetch(url.href)
    const [, shown] = /id="error">(\w+)</.exec(await answer.text()) ?? []
    const back = URL.parse(answer.headers.get('location') ?? '', url.href)
    const error = shown ?? back?.searchParams.get('error') ?? undefined
    const retryAfter = answer.headers.get('retry-after') ?? undefined
    return { status: answer.status, json: error === undefined ? {} : { error }, retryAfter }
  }

  /** With a new proof, also where it is challenged. */
  async userinfo(token: string): Promise<Answer> {
    const url = `${this.#material.issuer}/userinfo`
    const ask = async () => {
      const nonce = this.#nonce === undefined ? {} : { nonce: this.#nonce }
      const about = { method: 'GET', url, accessToken: token, ...nonce }
      const DPoP = await makeProof(this.#proofKey, about)
      const headers = { authorization: `DPoP ${token}`, DPoP }
      const answer = await this.#connection.fetch(url, { headers })
      this.#nonce = answer.headers.get('dpop-nonce') ?? this.#nonce
      const retryAfter = answer.headers.get('retry-after') ?? undefined
      return { status: answer.status, json: parsed(await answer.text()), retryAfter }
    }
    const first = await ask()
    return first.json['error'] === 'use_dpop_nonce' ? ask() : first
  }

  /** Does an authorization request lead to a page that asks the user? */
  async opens(url: URL): Promise<boolean> {
    const { status, body } = await this.#connection.fetch(url.href)
    await body?.cancel()
    return status < 400
  }

  /** Pushes an authorization request (RFC 9126). */
  async push(scope: string, resource?: string) {
    const verifier = randomBytes(32).toString('base64url')
    const answer = await this.send('/par', {
      response_type: 'code',
      redirect_uri: this.#material.redirectUri,
      scope,
      ...(resource !== undefined && { resource }),
      prompt: 'consent',
      code_challenge: hash('sha256', verifier, 'base64url'),
      code_challenge_method: 'S256',
    })
    const url = new URL('/authorize', this.#material.issuer)
    url.searchParams.set('client_id', this.#material.clientId)
    url.searchParams.set('request_uri', String(answer.json['request_uri']))
    return { answer, url, verifier }
  }

  /** A browser of its own logs in and consents. @returns the code, or `undefined` */
  async complete(url: URL): Promise<string | undefined> {
    const browser = openConnection({ trust: this.#material.trust })
    try {
      const { redirectUri } = this.#material
      const user = { login: 'alice', password: 'doe' }
      const back = await approve(url, { fetch: browser.fetch, user, redirectUri })
      return back.searchParams.get('code') ?? undefined
    } finally {
      await browser.close()
    }
  }

  /** @throws Error where the flow does not come to a code */
  async code(scope: string, resource?: string): Promise<Code> {
    const { answer, url, verifier } = await this.push(scope, resource)
    if (answer.status !== 201) throw new Error(`the pushed request is answered ${told(answer)}`)
    const code = await this.complete(url)
    if (code === undefined) throw new Error('there is no code')
    return { code, verifier }
  }

  redeem({ code, verifier }: Code): Readonly<Record<string, string>> {
    return {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: this.#material.redirectUri,
    }
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}

export const told = ({ status, json: { error } }: Answer): string =>
  typeof error === 'string' ? `${status} ${error}` : String(status)

/** The lab's resource server is answered by a signed introspection response (RFC 9701) only. */
const ACCEPTED = 'application/token-introspection+jwt, application/json'

const parsed = (text: string): Answer['json'] => (text === '' ? {} : JSON.parse(text))

/** What a signed introspection response says, or the answer as it is. */
function unsigned(text: string): Answer['json'] {
  const [, claims = ''] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(text) ?? []
  if (claims === '') return parsed(text)
  return Object(parsed(Buffer.from(claims, 'base64url').toString())['token_introspection'])
}
