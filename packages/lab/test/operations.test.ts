/** Health, readiness, metrics and audit log of the lab's servers; a store that goes. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setScene } from '@holdfast/attacks'
import { openConnection } from '@holdfast/client'
import type { Records } from '@holdfast/store'
import { newTrace } from '@holdfast/trace'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { startPrivate } from '../src/attach.ts'
import { readConfiguration } from '../src/configuration.ts'
import { connectAs } from '../src/flows/as-client.ts'
import { makeStage } from '../src/flows/stage.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>
beforeAll(async () => {
  lab = await startPrivate(readConfiguration())
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => lab.close())

async function management(path: string): Promise<readonly [status: number, body: string]> {
  const answer = await fetch(`${lab.addresses.authorizationServerManagement}${path}`)
  return [answer.status, await answer.text()]
}

/** One request of each kind of client, and one that is refused. */
async function useTokens(): Promise<void> {
  const scene = await setScene(await makeStage(lab))
  expect((await scene.send(await scene.byDpop())).status).toBe(200)
  expect((await scene.send(await scene.byDpop({ url: scene.opaqueUrl! }))).status).toBe(401)
  expect((await scene.send(scene.byMtls())).status).toBe(200)
}

async function takeToken(): Promise<void> {
  const client = await connectAs(lab, 'private-key-jwt-dpop', newTrace())
  try {
    await client.clientCredentials({ scope: 'accounts', resource: lab.addresses.resource })
  } finally {
    await client.close()
  }
}

async function anyTokenRequest() {
  const { trust } = await lab.material('tls-client-auth-dpop')
  const connection = openConnection({ trust })
  try {
    return await connection.fetch(`${lab.addresses.issuer}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials&client_id=tls-client-auth-dpop',
    })
  } finally {
    await connection.close()
  }
}

/** As if its disk or its network were gone; what was in it stays. */
function cutOff(records: Records): void {
  for (const call of ['find', 'findByIndex', 'list', 'add', 'upsert', 'consume'] as const)
    vi.spyOn(records, call).mockRejectedValue(new Error('no such host: db.internal'))
}

test('a store that is cut off: not ready, 503 with Retry-After; and it recovers by itself', async () => {
  expect(await management('/health/live')).toEqual([200, '{"status":"live"}'])
  expect(await management('/health/ready')).toEqual([200, '{"status":"ready"}'])
  await takeToken()

  cutOff(lab.records)
  expect(await management('/health/live')).toEqual([200, '{"status":"live"}'])
  expect(await management('/health/ready')).toEqual([503, '{"status":"not ready"}'])
  const refused = await anyTokenRequest()
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
  expect(JSON.parse(await refused.text())).toEqual({
    error: 'temporarily_unavailable',
    error_description: 'the authorization server cannot reach its store',
  })

  vi.restoreAllMocks()
  expect(await management('/health/ready')).toEqual([200, '{"status":"ready"}'])
  await takeToken()
})

test('a store without keys is not ready', async () => {
  vi.spyOn(lab.records, 'find').mockResolvedValue(undefined)
  vi.spyOn(lab.records, 'list').mockResolvedValue([])
  expect(await management('/health/ready')).toEqual([503, '{"status":"not ready"}'])
})

test('the metrics count what was issued, refused and waited for', async () => {
  await takeToken()
  const [status, text] = await management('/metrics')
  expect(status).toBe(200)
  for (const line of [
    /^holdfast_as_tokens_issued_total\{grant_type="client_credentials",constraint="dpop"\} [1-9]/m,
    /^holdfast_as_outcomes_total\{endpoint="token",error="temporarily_unavailable"\} 1$/m,
    /^holdfast_as_request_seconds_count\{endpoint="token",outcome="accepted"\} [1-9]/m,
    /^holdfast_store_seconds_count\{operation="find"\} [1-9]/m,
    /^holdfast_store_failures_total\{operation="find"\} [1-9]/m,
    /^holdfast_as_failures_remembered\{limit="client"\} 0$/m,
    /^nodejs_eventloop_lag_seconds \S/m,
  ])
    expect(text).toMatch(line)
})

test('the metrics of the resource server: decisions, and what it keeps', async () => {
  await useTokens()
  const answer = await fetch(`${lab.addresses.resourceServerManagement}/metrics`)
  const text = await answer.text()
  expect(answer.status).toBe(200)
  for (const line of [
    /^holdfast_decisions_total\{clause="none",scheme="DPoP"\} [1-9]/m,
    /^holdfast_decision_seconds_count\{outcome="accepted"\} [1-9]/m,
    /^holdfast_replay_memory_answers_total\{answer="recorded"\} [1-9]/m,
    /^holdfast_replay_memory_uses [1-9]/m,
    /^holdfast_replay_memory_nonces_given [0-9]/m,
    /^holdfast_replay_memory_since_seconds [0-9]/m,
    /^holdfast_token_readings_total\{reader="jwt",issuer="asked"\} [1-9]/m,
    /^holdfast_cache_entries\{cache="proof keys",of=""\} [1-9]/m,
    /^holdfast_cache_entries\{cache="tokens",of=""\} [1-9]/m,
    /^holdfast_cache_entries\{cache="introspection",of="https:[^"]+"\} [0-9]/m,
    /^holdfast_cache_entries\{cache="issuer keys",of="https:[^"]+"\} [1-9]/m,
    /^holdfast_cache_lookups_total\{cache="tokens",of="",found="no"\} [1-9]/m,
    /^holdfast_cache_age_seconds\{cache="status list",of="https:[^"]+"\} [0-9.e-]+$/m,
  ])
    expect(text).toMatch(line)
})

test('the audit log is a file of the state that nobody else reads', async () => {
  const file = join(lab.folders.state, 'audit.log')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        msg: 'token accepted',
        endpoint: 'token',
        client: 'private-key-jwt-dpop',
        constraint: 'dpop',
        jkt: expect.stringMatching(/^[\w-]{43}$/),
      }),
      expect.objectContaining({ msg: 'token failed', status: 503 }),
    ]),
  )
})
