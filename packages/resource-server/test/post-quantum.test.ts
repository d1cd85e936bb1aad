/** ML-DSA (RFC 9964), with keys that Node has made: where the policy names it, and nowhere else. */
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type JWK, SignJWT } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { RoutePolicy } from '../src/index.ts'
import { ISSUER, type Members, RESOURCE, sha256 } from './mint.ts'
import { dpopFields, raise, type Stage } from './stage.ts'

const LEVELS = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const
type Level = (typeof LEVELS)[number]

interface Key {
  readonly alg: Level
  readonly jwk: JWK
  readonly privateKey: KeyObject
}

const pair = (alg: Level): { publicKey: KeyObject; privateKey: KeyObject } => {
  if (alg === 'ML-DSA-44') return generateKeyPairSync('ml-dsa-44')
  if (alg === 'ML-DSA-65') return generateKeyPairSync('ml-dsa-65')
  return generateKeyPairSync('ml-dsa-87')
}
function newKey(alg: Level): Key {
  const { publicKey, privateKey } = pair(alg)
  return { alg, jwk: publicKey.export({ format: 'jwk' }), privateKey }
}

const jkt = ({ jwk: { alg, kty, pub } }: Key): string =>
  createHash('sha256').update(JSON.stringify({ alg, kty, pub })).digest('base64url')

async function set(policy: Partial<RoutePolicy> = {}) {
  const stage = await raise({ route: policy })
  onTestFinished(() => stage.close())
  return stage
}

/** A token and a proof, each signed with ML-DSA: or the token with ES256, where `issuer` is absent. */
async function send(stage: Stage, client: Key, issuer?: Key) {
  const cnf = { jkt: jkt(client) }
  const token = issuer ? await signed(stage, issuer, cnf) : await stage.token({ cnf })
  const proof = await new SignJWT({
    jti: crypto.randomUUID(),
    htm: 'GET',
    htu: `${RESOURCE}/accounts`,
    iat: stage.clock.now / 1000,
    ath: sha256(token),
  })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: client.alg, jwk: client.jwk })
    .sign(client.privateKey)
  return stage.send({ fields: dpopFields(token, proof) })
}

function signed(stage: Stage, { alg, jwk, privateKey }: Key, cnf: Members): Promise<string> {
  stage.issuer.strangeKeys = [{ ...jwk, kid: 'quantum', use: 'sig' }]
  const now = stage.clock.now / 1000
  const claims = { iss: ISSUER, aud: RESOURCE, sub: 'alice', client_id: 'app', jti: 't' }
  return new SignJWT({ ...claims, iat: now, exp: now + 300, scope: 'accounts', cnf })
    .setProtectedHeader({ typ: 'at+jwt', alg, kid: 'quantum' })
    .sign(privateKey)
}

describe.for(LEVELS)('%s', (alg) => {
  const client = newKey(alg)

  test('proof and token of it, where the policy says post-quantum', async () => {
    const stage = await set({ profile: 'post-quantum' })
    expect((await send(stage, client, newKey(alg))).status).toBe(200)
    expect((await send(stage, client)).status).toBe(200)
    expect((await stage.send(await stage.honest())).status).toBe(200) // the profile's as before
  })

  test('another key’s proof is refused there', async () => {
    const stage = await set({ profile: 'post-quantum' })
    const token = await stage.token({ cnf: { jkt: jkt(client) } })
    const other = newKey(alg)
    const proof = await new SignJWT({
      jti: 'one',
      htm: 'GET',
      htu: `${RESOURCE}/accounts`,
      iat: stage.clock.now / 1000,
      ath: sha256(token),
    })
      .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk: client.jwk })
      .sign(other.privateKey)
    const answer = await stage.send({ fields: dpopFields(token, proof) })
    expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_dpop_proof'])
  })

  test('under the profile it is refused, in the proof and in the token', async () => {
    const stage = await set()
    const proof = await send(stage, client)
    expect([proof.status, proof.body['error']]).toEqual([401, 'invalid_dpop_proof'])
    expect(proof.challenges.join()).not.toContain('ML-DSA')
    const token = await send(stage, client, newKey(alg))
    expect([token.status, token.body['error']]).toEqual([401, 'invalid_token'])
  })
})

test('the challenge lists what is taken', async () => {
  const stage = await set({ profile: 'post-quantum', proofAlgorithms: ['ML-DSA-87', 'ES256'] })
  const { challenges } = await stage.send({})
  expect(challenges).toContain('DPoP algs="ML-DSA-87 ES256"')
})
