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
import client, { Registry } from 'prom-client'

export interface ResourceServer {
  readonly metrics: Registry
  readonly listener: RequestListener
  /** Rejects while the issuer cannot be reached. */
  readonly ready: () => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * The lab's API as the lab configures it.
 *
 * @param introspector the resource server's own registration with the authorization server
 */
export function makeResourceServer(
  resource: string,
  introspector: ClientMaterial,
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
      const answer = await fetch(`${issuer}/.well-known/oauth-authorization-server`)
      if (!answer.ok) throw new Error(`the issuer answered ${answer.status}`)
    },
    close,
  }
}
