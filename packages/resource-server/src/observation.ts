import type { Clause, Decision, Facts } from '@holdfast/sender-constraint'

/** One decision, as logs and metrics are told of it. Nothing in it can be presented anywhere. */
export interface Observation {
  readonly decision: Decision<Clause>
  readonly method: string
  /** The external URL, without its query. */
  readonly uri: string | undefined
  /** How the token was presented. */
  readonly scheme: string | undefined
  readonly client: string | undefined
  /** Thumbprints of what the client proved possession of, or tried to. */
  readonly jkt: string | undefined
  readonly x5t: string | undefined
  /** From the request's arrival to the decision, waiting for issuer and memory included. */
  readonly milliseconds: number
}

export function observation(
  decision: Decision<Clause>,
  { request, credentials, token, dpop, certificate }: Facts,
  milliseconds: number,
): Observation {
  const client = token && 'claims' in token ? token.claims['client_id'] : undefined
  return {
    decision,
    method: request.method,
    uri: request.uri,
    scheme: credentials.form === 'token' ? credentials.scheme : undefined,
    // Of a token that was refused this is a claim and nothing more.
    client: typeof client === 'string' ? client : undefined,
    jkt: dpop?.proof?.form === 'proof' ? dpop.proof.header.thumbprint : undefined,
    x5t: certificate?.thumbprint,
    milliseconds,
  }
}
