import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { statusListUris } from '@holdfast/authorization-server'
import type { ClientMaterial } from '@holdfast/client'
import { openConnection } from '@holdfast/client'
import { introspectedTokens, jwtTokens } from '@holdfast/resource-server'
import { type ApiOptions, createApi } from '@holdfast/resource-server/api'
import {
  measureCaches,
  measureDecisions,
  measureMemory,
  measureTokens,
} from '@holdfast/resource-server/metrics'
import type { CertificateValidation } from '@holdfast/ca/validation'
import client, { Registry } from 'prom-client'
import { refuseUnknownStatus } from './certificate-validation.ts'

export interface ResourceServer {
  readonly metrics: Registry
  readonly listener: RequestListener
  /** Rejects while the issuer cannot be reached, or the status of certificates not be told. */
  readonly ready: () => Promise<void>
  readonly close: () => Promise<void>
}

interface Foundations {
  /** The API's own URL. */
  readonly resource: string
  /** The resource server's own registration with the authorization server. */
  readonly introspector: ClientMaterial
  readonly validation: CertificateValidation
}

/** The lab's API as the lab configures it. */
export function makeResourceServer(
  { resource, introspector, validation }: Foundations,
  options: Partial<ApiOptions> & Pick<ApiOptions, 'memory'>,
): ResourceServer {
  const { issuer, clientId, key, trust } = introspector
  if (!key) throw new Error('the resource server has no key to introspect with')
  const { fetch, close } = openConnection({ trust })
  const metrics = new Registry()
  const measure = measureDecisions(client, metrics)
  const counted = measureTokens(client, metrics)
  const app = createApi({
    resource,
    issuer,
    jwtTokens: counted('jwt', jwtTokens({ issuer, fetch, statusListUris: statusListUris(issuer) })),
    status: 'required',
    opaqueTokens: counted(
      'opaque',
      introspectedTokens({
        issuer,
        clientId,
        key: { ...key },
        signed: 'required',
        fetch,
      }),
    ),
    certificateStatus: (...asked) => validation.validate(...asked),
    nonceSecret: randomBytes(32),
    explain: true,
    ...options,
    caches: measureCaches(client, metrics),
    memory: measureMemory(client, metrics, options.memory),
    observe: (observation) => {
      measure(observation)
      options.observe?.(observation)
    },
  })
  const handle = app.callback()
  return {
    metrics,
    listener: (request, response) => void handle(request, response),
    ready: async () => {
      refuseUnknownStatus(validation)
      const answer = await fetch(`${issuer}/.well-known/oauth-authorization-server`)
      if (!answer.ok) throw new Error(`the issuer answered ${answer.status}`)
    },
    close,
  }
}
