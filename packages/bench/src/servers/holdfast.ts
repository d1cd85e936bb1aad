/** Our own, as an API would configure it: with metrics, without a log of requests or a trace. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import {
  type Fetch,
  introspectedTokens,
  jwtTokens,
  type ProtectOptions,
  type TokenReader,
} from '@holdfast/resource-server'
import { measureDecisions } from '@holdfast/resource-server/metrics'
import { POST_QUANTUM } from '@holdfast/sender-constraint'
import { ReplayMemoryInProcess } from '@holdfast/store'
import client from 'prom-client'
import { ISSUER, RESOURCE, SCOPE } from '../scenario.ts'
import { settings } from './serving.ts'

const { issuerUrl, token, tls } = settings()

const fetchIssuer: Fetch = (url, init) => fetch(url.replace(ISSUER, issuerUrl), init)

function introspected(): TokenReader {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { kty: 'EC', ...privateKey.export({ format: 'jwk' }), alg: 'ES256' }
  // As long as the cache allows: what is measured is the request that finds its token there.
  return introspectedTokens({
    issuer: ISSUER,
    clientId: 'rs',
    key,
    fetch: fetchIssuer,
    cacheFor: 60,
  })
}

// A memory that begins now would challenge every client for the first seconds, once.
let clock = () => Date.now() - 3_600_000
const memory = new ReplayMemoryInProcess(() => clock())
clock = Date.now

export const options: ProtectOptions = {
  resource: RESOURCE,
  issuer: ISSUER,
  audience: RESOURCE,
  scopes: [SCOPE],
  methods: tls ? ['mtls'] : ['dpop'],
  profile: POST_QUANTUM.length > 0 ? 'post-quantum' : 'fapi2-security-profile',
  tokens: token === 'opaque' ? introspected() : jwtTokens({ issuer: ISSUER, fetch: fetchIssuer }),
  memory,
  nonceSecret: randomBytes(32),
  observe: measureDecisions(client, client.register),
}
