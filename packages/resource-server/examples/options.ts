/** What all examples share: whose tokens count, what a route asks, and what remembers used proofs. */
import { env } from 'node:process'
import { jwtTokens } from '@holdfast/resource-server'
import { ReplayMemoryInProcess } from '@holdfast/store'

const { ISSUER: issuer = 'https://as.example', RESOURCE: resource = 'https://api.example' } = env

export const port = Number(env['PORT'] ?? 8080)

/** Browser clients, if there are any. */
export const browsers = { origins: ['https://app.example'] }

export const options = {
  resource, // as clients know it, in front of every proxy: what `htu` begins with
  issuer,
  audience: resource,
  scopes: ['accounts'],
  tokens: jwtTokens({ issuer }),
  memory: new ReplayMemoryInProcess(), // of one process; for several see cluster.ts
  nonceSecret: Buffer.from(env['NONCE_SECRET'] ?? '', 'base64url'), // 32 random bytes, kept secret
  resourceMetadata: true,
}
