import type {
  AccessToken,
  AuthorizationDetail,
  Client,
  ClientCredentials,
  Provider,
} from 'oidc-provider'
import type { House } from '../../house.ts'
import { Resources } from '../../resources.ts'
import { detailsHere } from '../rich-authorization/authorization-details.ts'
import { scopeList } from '../../vocabulary/scopes.ts'
import { ownJwts } from '../../status-list/presented.ts'

/** What a token exchange request presents (RFC 8693 §2.1), read once: its rows are pure. */
export interface Exchange {
  /** As sent; absent: not sent. */
  readonly types: {
    readonly subject: unknown
    readonly actor: unknown
    readonly requested: unknown
  }
  readonly caller: Client
  /** Thumbprints of what the caller has proved possession of in this request. */
  readonly proven: Confirmation
  /** Absent: not a token of ours that is good now. */
  readonly subject: PresentedToken | undefined
  readonly actor: PresentedToken | undefined
  readonly hasActor: boolean
  /** Resource indicator that the new token will be for. */
  readonly target: string | undefined
  /** Asked for, or all of the subject token that the caller may have there. */
  readonly scopes: readonly string[]
  /** Authorization details of the subject token that are for the target. */
  readonly details: readonly AuthorizationDetail[]
  /** What the caller may ask for at the target. */
  readonly scopesOfTarget: readonly string[]
}

export interface Confirmation {
  readonly jkt?: string | undefined
  readonly 'x5t#S256'?: string | undefined
}

/** An access token of ours that somebody holds, wherever it was kept. */
export interface PresentedToken extends Confirmation {
  /** Names its record. */
  readonly id: string
  readonly clientId: string
  /** The subject: an end-user, or the client itself. */
  readonly sub: string
  readonly aud: string | undefined
  readonly scopes: ReadonlySet<string>
  /** Seconds since the epoch. */
  readonly exp: number
  readonly extra: { readonly [claim: string]: unknown }
  readonly rar: AccessToken['rar']
}

/** Finds access tokens by what clients present: JWTs by their records, the others by themselves. */
function presentedTokens(provider: Provider, house: House) {
  const recordNamed = ownJwts(house)
  return async (text: unknown): Promise<PresentedToken | undefined> => {
    if (typeof text !== 'string') return undefined
    const id = text.includes('.') ? recordNamed(text) : text
    if (id === undefined) return undefined
    const token =
      (await provider.AccessToken.find(id)) ?? (await provider.ClientCredentials.find(id))
    return token?.isValid && (await stands(provider, token)) ? asPresented(token) : undefined
  }
}

/** Whether what it came from is still there: its grant, or the client that got it for itself. */
async function stands(provider: Provider, token: AccessToken | ClientCredentials) {
  if (!('grantId' in token) || token.grantId === undefined)
    return (await provider.Client.find(token.clientId ?? '')) !== undefined
  const grant = await provider.Grant.find(token.grantId)
  return grant?.clientId === token.clientId
}

function asPresented(token: AccessToken | ClientCredentials): PresentedToken {
  const { jti, clientId = '', aud, scopes, exp = 0, extra = {}, rar, jkt } = token
  return {
    id: jti,
    clientId,
    sub: 'accountId' in token ? token.accountId : clientId,
    aud: typeof aud === 'string' ? aud : undefined,
    scopes,
    exp,
    extra,
    rar,
    jkt,
    'x5t#S256': token['x5t#S256'],
  }
}

interface Read {
  readonly params: { readonly [name: string]: unknown }
  readonly caller: Client
  readonly proven: Confirmation
}

/** How the facts of one request are read, and one token is looked for. */
export function readingExchange(provider: Provider, house: House) {
  const find = presentedTokens(provider, house)
  const resources = new Resources(house.configuration)
  const read = async ({ params, caller, proven }: Read): Promise<Exchange> => {
    const subject = await find(params['subject_token'])
    const hasActor = params['actor_token'] !== undefined
    const target = targetOf(params, subject)
    const scopesOfTarget = target === undefined ? [] : resources.scopes(target, caller)
    const asked = scopeList(params['scope'])
    return {
      types: {
        subject: params['subject_token_type'],
        actor: params['actor_token_type'],
        requested: params['requested_token_type'],
      },
      caller,
      proven,
      subject,
      actor: hasActor ? await find(params['actor_token']) : undefined,
      hasActor,
      target,
      scopes:
        asked.length > 0 ? asked : scopesOfTarget.filter((scope) => subject?.scopes.has(scope)),
      details: subject?.rar ? detailsHere({ aud: target }, subject.rar) : [],
      scopesOfTarget,
    }
  }
  return { read, find }
}

/** RFC8693-2.1: `audience` may name it as well; both at once must agree. */
function targetOf(
  { resource, audience }: Read['params'],
  subject: PresentedToken | undefined,
): string | undefined {
  const named = [resource, audience].filter((one) => one !== undefined)
  const [target = subject?.aud, ...more] = named
  return typeof target === 'string' && more.every((one) => one === target) ? target : undefined
}
