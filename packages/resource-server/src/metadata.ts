import type { Policy } from '@holdfast/sender-constraint'
import { type JWK, SignJWT } from 'jose'
import { checkPolicy, type RoutePolicy } from './policy.ts'
import { https, list, PolicyError } from './setting.ts'
import { signingKey } from './signing-key.ts'
import { PASSED, type Answer, type Nothing, type Step } from './step.ts'

/** What says who we are, for the document that clients without configuration begin with. */
export interface MetadataOptions {
  /** The policies of the routes that make up this resource: all with the same `audience`. */
  readonly routes: readonly RoutePolicy[]
  /** Members that no policy knows: `resource_name`, `resource_documentation`, `jwks_uri`, … */
  readonly more?: { readonly [member: string]: string | boolean | readonly string[] }
  /** Adds `signed_metadata` (RFC 9728 §2.2): a private key with `alg`, and `kid` if it has one. */
  readonly sign?: {
    readonly key: JWK
    /** Who attests. Default: the resource. */ readonly iss?: string
  }
}

const ROUTES = {
  fits: (route: unknown) => Object(route) === route && !Array.isArray(route),
  allowed: 'the policies of routes',
}
const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** Where the metadata of a resource is found (RFC 9728 §3.1): between its host and its path. */
export function metadataUrl(resource: string): string {
  const { origin, pathname } = new URL(resource)
  return `${origin}${WELL_KNOWN}${pathname === '/' ? '' : pathname}`
}

/**
 * The step that serves protected resource metadata (RFC 9728) at its well-known path. The document
 * is made from the policies that are enforced, so that it cannot say something else.
 *
 * @throws PolicyError at once, if the policies are not of one resource or the key cannot sign
 */
export function resourceMetadata(options: MetadataOptions): Step<Nothing> {
  const members = {
    ...options.more,
    ...describe(list('metadata.routes', options.routes, ROUTES).map(checkPolicy)),
  }
  const path = new URL(metadataUrl(members.resource)).pathname
  const signed = signer(options.sign, members)
  let document: Promise<object> | undefined
  return async (request, target = request.url ?? '') => {
    if (target.split('?', 1)[0] !== path) return PASSED
    if (request.method !== 'GET' && request.method !== 'HEAD') return { answer: ONLY_GET }
    document ??= signed()
    return {
      answer: { status: 200, headers: { 'cache-control': 'max-age=600' }, body: await document },
    }
  }
}

const ONLY_GET: Answer = {
  status: 405,
  headers: { allow: 'GET, HEAD' },
  body: { error: 'invalid_request', error_description: 'The metadata can be read, by GET.' },
}

function describe(policies: readonly Policy[]) {
  const [first] = policies
  if (!first) throw new PolicyError('metadata.routes', [], 'the policies of one or more routes')
  const resource = https('metadata.routes', first.audience)
  const stranger = policies.find(({ audience }) => audience !== resource)
  if (stranger) throw new PolicyError('metadata.routes', stranger.audience, `only ${resource}`)

  const everywhere = (holds: (policy: Policy) => boolean) => policies.every(holds)
  const has = (method: 'dpop' | 'mtls') => policies.some(({ methods }) => methods.includes(method))
  const must = (policy: Policy, method: 'dpop' | 'mtls') =>
    policy.methods.includes(method) && (policy.require === 'all' || policy.methods.length === 1)
  const proofAlgorithms = first.proofAlgorithms.filter(
    (name) => has('dpop') && everywhere((policy) => policy.proofAlgorithms.includes(name)),
  )
  const scopes = unique(policies.flatMap((policy) => policy.scopes))
  const types = unique(
    policies.flatMap(({ authorizationDetails: type }) => (type === undefined ? [] : [type])),
  )
  return {
    // No list without members: RFC 9728 §3.2
    resource,
    authorization_servers: unique(policies.flatMap(({ issuers }) => issuers)),
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    ...(types.length > 0 && { authorization_details_types_supported: types }),
    bearer_methods_supported: ['header'], // of RFC 6750 §2: the profile's only one
    tls_client_certificate_bound_access_tokens: has('mtls'),
    dpop_bound_access_tokens_required: everywhere((policy) => must(policy, 'dpop')),
    ...(proofAlgorithms.length > 0 && { dpop_signing_alg_values_supported: proofAlgorithms }),
  }
}

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)]

function signer(
  sign: MetadataOptions['sign'],
  members: { readonly resource: string; readonly [name: string]: unknown },
): () => Promise<object> {
  if (!sign) return async () => members
  const { header, privateKey } = signingKey('metadata.sign.key', sign.key)
  return async () => ({
    ...members,
    signed_metadata: await new SignJWT({ ...members })
      .setProtectedHeader(header)
      .setIssuer(sign.iss ?? members.resource)
      .setIssuedAt()
      .sign(privateKey),
  })
}
