import { hash } from 'node:crypto'
import { errors } from 'oidc-provider'
import { network } from './address.ts'
import { Failures } from './failures.ts'
import type { Limit } from './failures.ts'

/** How many authentications may fail before the next is not looked at. */
export interface FailureLimits {
  /** Of one client, from one network. */
  readonly client: Limit
  /** Of whatever clients, from one network. */
  readonly clients: Limit
  /** Of one end-user, from one network. */
  readonly login: Limit
  /** Of whatever end-users, from one network. */
  readonly logins: Limit
  /** Of one end-user, from wherever they have not logged in before. */
  readonly loginAnywhere: Limit
  /** Of user codes (RFC 8628 §5.1), from one network. */
  readonly userCodes: Limit
}

/** RFC 6585 §4 */
export class TooManyFailures extends errors.OIDCProviderError {
  /** Seconds. */
  readonly retryAfter: number

  constructor(retryAfter: number) {
    super(429, 'temporarily_unavailable')
    this.error_description = 'too many failed authentications; try again later'
    this.retryAfter = retryAfter
  }
}

/**
 * Limits of failed authentication. What counts is who failed *from where*: whoever fails in
 * somebody's name elsewhere does not lock them out. Nodes count for themselves.
 */
export class AuthenticationLimits {
  readonly #counts: { readonly [limit in keyof FailureLimits]: Failures }
  /** Logins and the networks from which they have succeeded. */
  readonly #known: Failures

  /** @param clock milliseconds since the epoch */
  constructor(limits: FailureLimits, clock: () => number = () => Date.now()) {
    const failures = (limit: Limit) => new Failures(limit, clock)
    this.#counts = {
      client: failures(limits.client),
      clients: failures(limits.clients),
      login: failures(limits.login),
      logins: failures(limits.logins),
      loginAnywhere: failures(limits.loginAnywhere),
      userCodes: failures(limits.userCodes),
    }
    this.#known = failures({ most: 1, within: KNOWN })
  }

  /** How many there are to remember, by limit. */
  get sizes(): Readonly<Record<keyof FailureLimits, number>> {
    const { client, clients, login, logins, loginAnywhere, userCodes } = this.#counts
    return {
      client: client.size,
      clients: clients.size,
      login: login.size,
      logins: logins.size,
      loginAnywhere: loginAnywhere.size,
      userCodes: userCodes.size,
    }
  }

  /** @throws TooManyFailures */
  admitClient(client: string | undefined, address: string | undefined): void {
    const from = network(address)
    refuseAfter(
      this.#counts.clients.wait(from),
      client === undefined ? 0 : this.#counts.client.wait(key(client, from)),
    )
  }

  clientFailed(client: string | undefined, address: string | undefined): void {
    const from = network(address)
    this.#counts.clients.add(from)
    if (client !== undefined) this.#counts.client.add(key(client, from))
  }

  /**
   * Counts a failure before the password is looked at, so that those in parallel are counted, too.
   *
   * @returns what came of it: it was right, or could not be looked at
   * @throws TooManyFailures
   */
  admitLogin(
    login: string,
    address: string | undefined,
  ): { readonly succeeded: () => void; readonly undecided: () => void } {
    const { login: here, logins, loginAnywhere } = this.#counts
    const from = network(address)
    const [pair, anywhere] = [key(login, from), key(login)]
    const known = this.#known.wait(pair) > 0
    refuseAfter(logins.wait(from), here.wait(pair), known ? 0 : loginAnywhere.wait(anywhere))
    here.add(pair)
    logins.add(from)
    loginAnywhere.add(anywhere)
    const undecided = () => {
      here.takeBack(pair)
      logins.takeBack(from)
      loginAnywhere.takeBack(anywhere)
    }
    return {
      undecided,
      succeeded: () => {
        undecided()
        here.forget(pair)
        this.#known.forget(pair)
        this.#known.add(pair)
      },
    }
  }

  /**
   * Counts a wrong code before it is looked up, so that those in parallel are counted, too.
   *
   * @returns to be called unless there is no such code
   * @throws TooManyFailures
   */
  admitUserCode(address: string | undefined): { readonly takeBack: () => void } {
    const { userCodes } = this.#counts
    const from = network(address)
    refuseAfter(userCodes.wait(from))
    userCodes.add(from)
    return { takeBack: () => userCodes.takeBack(from) }
  }
}

/** Seconds for which a network is remembered from which a login has succeeded. */
const KNOWN = 30 * 86_400

function refuseAfter(...waits: readonly number[]): void {
  const longest = Math.max(...waits)
  if (longest > 0) throw new TooManyFailures(longest)
}

/** Whatever length somebody else's text has, and wherever it has a separator. */
const key = (...parts: readonly string[]): string =>
  hash('sha256', JSON.stringify(parts), 'base64url')
