import { type Answer, type Code, type Requests, told } from './requests.ts'

/** One that has come to its tokens. */
interface Flow {
  readonly code: Code
  readonly refreshToken: string
  /** `unknown`: its revocation was asked for, and not acknowledged. */
  readonly grant: 'stands' | 'revoked' | 'unknown'
  /** To send a code again ends its grant: the others stay, to be tried at the end. */
  readonly isSentAgain: boolean
}

/** What is needed to try again. */
type Again = Pick<Requests, 'send' | 'opens' | 'redeem'>

type Count = 'refresh tokens' | 'revocations' | 'codes' | 'pushed requests' | 'assertions'

/** What the authorization server has acknowledged to one client, and must hold to. */
export class Ledger {
  refused = 0
  cutOff = 0
  /** Tried again and answered 503: that says neither that it is there nor that it is not. */
  undecided = 0
  /** Answers that no outage excuses. */
  readonly #wrong: string[] = []
  readonly #assertions: string[] = []
  readonly #pushed: URL[] = []
  readonly #flows: Flow[] = []
  /** Refresh tokens of earlier rounds whose code was not sent again. */
  readonly #kept: string[] = []
  readonly #checked: { [count in Count]: number } = {
    'refresh tokens': 0,
    revocations: 0,
    codes: 0,
    'pushed requests': 0,
    assertions: 0,
  }

  async useAssertion(client: Pick<Requests, 'assertion' | 'once'>): Promise<void> {
    const assertion = await client.assertion()
    if (this.#took(await client.once('/token', CC, { assertion }))) this.#assertions.push(assertion)
  }

  /** @throws Error where it does not come to a code */
  async runFlow(client: Requests, resource: string): Promise<void> {
    const { answer, url, verifier } = await client.push('openid accounts offline_access', resource)
    if (!this.#took(answer)) return
    const code = await client.complete(url)
    if (code === undefined) throw new Error('there is no code')
    this.#pushed.push(url)
    const redeemed = { code, verifier }
    const tokens = await client.send('/token', { ...client.redeem(redeemed), resource })
    if (!this.#took(tokens)) return
    const refreshToken = String(tokens.json['refresh_token'])
    this.#flows.push({
      code: redeemed,
      refreshToken,
      grant: await this.#fate(client, refreshToken),
      isSentAgain: Math.random() < 0.5,
    })
  }

  /** Some are revoked. */
  async #fate(client: Requests, token: string): Promise<Flow['grant']> {
    if (Math.random() < 0.7) return 'stands'
    try {
      return this.#took(await client.send('/revoke', { token })) ? 'revoked' : 'unknown'
    } catch {
      this.cutOff += 1
      return 'unknown'
    }
  }

  /** Tries everything again. @returns what was not as acknowledged */
  async check(client: Again): Promise<readonly string[]> {
    const wrong = [...this.#wrong]
    const expect = async (count: Count, expected: string, answer: Promise<Answer>) => {
      const got = told(await answer)
      if (got === UNAVAILABLE) {
        this.undecided += 1
        return
      }
      this.#checked[count] += 1
      if (got !== expected) wrong.push(`${count}: one is answered ${got}, not ${expected}`)
    }
    for (const { refreshToken, grant } of this.#flows)
      if (grant !== 'unknown') {
        const [count, expected] = FATES[grant]
        await expect(count, expected, client.send('/token', refresh(refreshToken)))
      }
    for (const assertion of this.#assertions)
      await expect('assertions', '401 invalid_client', client.send('/token', CC, { assertion }))
    for (const url of this.#pushed) {
      this.#checked['pushed requests'] += 1
      if (await client.opens(url)) wrong.push('a used request_uri opens again')
    }
    for (const { code } of this.#flows.filter(({ isSentAgain }) => isSentAgain))
      await expect('codes', '400 invalid_grant', client.send('/token', client.redeem(code)))
    return wrong
  }

  /** Those refresh tokens of all rounds whose code was not sent again. */
  async checkGrants(client: Requests): Promise<readonly string[]> {
    const wrong: string[] = []
    for (const token of this.#kept) {
      const got = told(await client.send('/token', refresh(token)))
      if (got === UNAVAILABLE) this.undecided += 1
      else if (got !== '200') wrong.push(`a refresh token of an earlier round is answered ${got}`)
    }
    return wrong
  }

  add(round: Ledger): void {
    this.refused += round.refused
    this.cutOff += round.cutOff
    this.undecided += round.undecided
    for (const { refreshToken, grant, isSentAgain } of round.#flows)
      if (grant === 'stands' && !isSentAgain) this.#kept.push(refreshToken)
    for (const count of COUNTS) this.#checked[count] += round.#checked[count]
  }

  counts() {
    const { refused, cutOff, undecided } = this
    return { ...this.#checked, 'refused 503': refused, 'cut off': cutOff, undecided }
  }

  get decided(): number {
    return Object.values(this.#checked).reduce((sum, count) => sum + count)
  }

  summary(): string {
    return Object.entries(this.counts())
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')
  }

  /** @returns is it acknowledged? */
  #took(answer: Answer): boolean {
    const { status } = answer
    if (status === 503 && answer.retryAfter !== undefined) this.refused += 1
    else if (status >= 300 && answer.json['error'] !== 'use_dpop_nonce')
      this.#wrong.push(`an honest request is answered ${told(answer)}`)
    return status < 300
  }
}

const COUNTS: readonly Count[] = [
  'refresh tokens',
  'revocations',
  'codes',
  'pushed requests',
  'assertions',
]

const FATES = {
  stands: ['refresh tokens', '200'],
  revoked: ['revocations', '400 invalid_grant'],
} as const

const UNAVAILABLE = '503 temporarily_unavailable'
const CC = { grant_type: 'client_credentials' }
const refresh = (token: string) => ({ grant_type: 'refresh_token', refresh_token: token })
