import { randomBytes } from 'node:crypto'
import { type Fetch, jwtTokens, type ProtectOptions } from '@holdfast/resource-server'
import type { ReplayMemory } from '@holdfast/store'
import { ISSUER, RESOURCE, SCOPE } from '../scenario.ts'

/**
 * The protected resource of the soaks. It names the clause in its answers (`explain`), so that a
 * soak can tell for which reason it was refused.
 */
export function protection(issuerUrl: string, memory: ReplayMemory): ProtectOptions {
  const fetchIssuer: Fetch = (url, init) => fetch(url.replace(ISSUER, issuerUrl), init)
  return {
    resource: RESOURCE,
    issuer: ISSUER,
    audience: RESOURCE,
    scopes: [SCOPE],
    methods: ['dpop'],
    tokens: jwtTokens({ issuer: ISSUER, fetch: fetchIssuer }),
    memory,
    nonceSecret: randomBytes(32),
    explain: true,
  }
}
