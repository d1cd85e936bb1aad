import type { Refusal } from './enforce.ts'
import type { ConfirmationMethod, Policy } from './policy.ts'
import type { Scheme } from './facts.ts'

/** Seconds after which a request that a missing dependency refused may be tried again. */
const RETRY_AFTER = '5'

export interface RefusalResponse {
  readonly status: number
  readonly headers: { readonly [name: string]: string | readonly string[] }
  readonly body: { readonly error?: string; readonly error_description: string }
}

/**
 * The answer to a refused request: RFC 6750 §3, RFC 9449 §7.1, RFC 8705 §3. Every scheme that the
 * route takes is offered, one field line each; the error stands in the challenge of the scheme that
 * the client used, if the route takes it.
 *
 * @param used the scheme of the request's Authorization field, if it had one
 * @param nonce to hand out, if the client must use one
 */
export function refusalResponse(
  { clause, sentence, answer }: Refusal,
  policy: Policy,
  request: { readonly used?: Scheme; readonly nonce?: string; readonly explain: boolean },
): RefusalResponse {
  const { status, error } = answer
  const description = request.explain ? `${clause}: ${sentence}` : sentence
  const parameters = {
    ...(error && { error, error_description: description }),
    ...(error === 'insufficient_scope' && { scope: policy.scopes.join(' ') }),
    ...(error === 'insufficient_user_authentication' && stepUp(policy)),
  }
  return {
    status,
    headers: {
      'cache-control': 'no-store',
      ...(status < 421 && {
        'www-authenticate': challenges(policy, blamed(request.used, policy, status), parameters),
      }),
      ...(status >= 429 && { 'retry-after': RETRY_AFTER }),
      ...(request.nonce !== undefined && { 'dpop-nonce': request.nonce }),
    },
    body: { ...(error && { error }), error_description: description },
  }
}

type Parameters = Readonly<Record<string, string>>

// Both, whichever of them was not met: one login is to satisfy the route (RFC 9470 §3).
const stepUp = ({ acrValues = [], maxAge }: Policy): Parameters => ({
  ...(acrValues.length > 0 && { acr_values: acrValues.join(' ') }),
  ...(maxAge !== undefined && { max_age: String(maxAge) }),
})

const SCHEME_OF: Readonly<Record<ConfirmationMethod, Scheme>> = { dpop: 'DPoP', mtls: 'Bearer' }

// A malformed request has no scheme to speak of, so every challenge says so.
function blamed(used: Scheme | undefined, { methods }: Policy, status: number): readonly Scheme[] {
  const offered = methods.map((method) => SCHEME_OF[method])
  if (status === 400) return offered
  return used && offered.includes(used) ? [used] : offered.slice(0, 1)
}

function challenges(
  { methods, proofAlgorithms }: Policy,
  erring: readonly Scheme[],
  parameters: Parameters,
): readonly string[] {
  // Bearer first, as RFC 9449 §7.2 shows it
  const offered = (['mtls', 'dpop'] as const).filter((method) => methods.includes(method))
  return offered.map((method) => {
    const scheme = SCHEME_OF[method]
    return challenge(scheme, {
      ...(erring.includes(scheme) && parameters),
      ...(method === 'dpop' && { algs: proofAlgorithms.join(' ') }),
    })
  })
}

// RFC 6750 §3 allows no quote and no backslash in a value, and nothing outside ASCII.
function challenge(scheme: Scheme, parameters: Parameters): string {
  const list = Object.entries(parameters).map(
    ([name, value]) => `${name}="${value.replaceAll(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/g, '?')}"`,
  )
  return list.length > 0 ? `${scheme} ${list.join(', ')}` : scheme
}

/**
 * The same answer, with the place of the resource's metadata in each of its challenges (RFC 9728
 * §5.1): a client that knows nothing of us can begin there.
 */
export function withResourceMetadata(response: RefusalResponse, url: string): RefusalResponse {
  const lines = response.headers['www-authenticate'] ?? []
  const named = [lines].flat().map((line) => {
    const separator = line.includes(' ') ? ', ' : ' ' // a scheme alone has no parameters yet
    return `${line}${separator}resource_metadata="${url}"`
  })
  if (named.length === 0) return response
  return { ...response, headers: { ...response.headers, 'www-authenticate': named } }
}
