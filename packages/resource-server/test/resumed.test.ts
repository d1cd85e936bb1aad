/**
 * A TLS session that is resumed: no certificate is sent again, and no key is proven. The leaf of the
 * first handshake must still be seen, and still be asked about.
 */
import { once } from 'node:events'
import { Agent, request } from 'node:https'
import { TLSSocket } from 'node:tls'
import type { CertificateVerdict } from '@holdfast/sender-constraint'
import { expect, onTestFinished, test } from 'vitest'
import { type Pair, x5t } from './certificates.ts'
import { raise, type Scenery, type Stage } from './stage.ts'

const GOOD: CertificateVerdict = { ok: true }
const REVOKED: CertificateVerdict = { ok: false, clause: 'RFC5280-6.1.3-a3', reason: 'revoked' }

const TRUSTED =
  'Where trust is pki, the certificate is of an authority of ours, for clients, and not revoked.'
const SAME = 'The certificate of this connection is the one in cnf.'

async function set(more: Scenery['route'] = {}) {
  const trust: { verdict: CertificateVerdict; asked: string[] } = { verdict: GOOD, asked: [] }
  const stage = await raise({
    route: {
      certificateTrust: 'pki',
      certificateStatus: (leaf) => {
        trust.asked.push(leaf.subject)
        return trust.verdict
      },
      ...more,
    },
  })
  onTestFinished(() => stage.close())
  return { stage, trust }
}

/** A connection for each request; from the second on, each resumes the session of the first. */
function client({ port, certificates }: Stage, version: 'TLSv1.2' | 'TLSv1.3', pair?: Pair) {
  const tls = { ca: certificates.ca, minVersion: version, maxVersion: version, ...pair }
  const agent = new Agent({ keepAlive: false, maxCachedSessions: 1, ...tls })
  onTestFinished(() => agent.destroy())
  return async (token: string, ...fields: readonly string[]) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path: '/accounts',
      agent,
      headers: ['Host', 'rs.example', 'Authorization', `Bearer ${token}`, ...fields],
    })
    outgoing.end()
    const [incoming] = await once(outgoing, 'response')
    const resumed = outgoing.socket instanceof TLSSocket && outgoing.socket.isSessionReused()
    const body = JSON.parse((await incoming.toArray()).join(''))
    return [resumed, incoming.statusCode, body.error_description ?? 'accepted']
  }
}

const bound = (stage: Stage, pair: Pair) => stage.token({ cnf: { 'x5t#S256': x5t(pair) } })

test.for(['TLSv1.2', 'TLSv1.3'] as const)('over %s', async (version) => {
  const { stage, trust } = await set()
  const { alice, bob } = stage.certificates
  const send = client(stage, version, alice)
  expect(await send(await bound(stage, alice))).toEqual([false, 200, 'accepted'])

  // RFC8705-3 holds for a resumed session, and refuses another client's token on it.
  expect(await send(await bound(stage, alice))).toEqual([true, 200, 'accepted'])
  expect(await send(await bound(stage, bob))).toEqual([true, 401, SAME])
  expect(new Set(trust.asked)).toEqual(new Set(['CN=alice']))

  // RFC5280-6.1 refuses one that was revoked between the two handshakes.
  trust.verdict = REVOKED
  expect(await send(await bound(stage, alice))).toEqual([true, 401, TRUSTED])
  trust.verdict = GOOD
  expect(await send(await bound(stage, alice))).toEqual([true, 200, 'accepted'])

  // RFC5280-6.1.3 refuses one that has ended in between.
  const token = await stage.token({
    cnf: { 'x5t#S256': x5t(alice) },
    exp: stage.clock.now / 1000 + 40 * 86_400,
  })
  stage.clock.now += 31 * 86_400_000
  expect(await send(token)).toEqual([true, 401, 'The certificate is within its validity period.'])
  expect(stage.errors).toEqual([])
})

test.for(['TLSv1.2', 'TLSv1.3'] as const)(
  'over %s a session that began without a certificate has none, however it is resumed',
  async (version) => {
    const { stage, trust } = await set()
    const { alice } = stage.certificates
    const send = client(stage, version)
    for (const resumed of [false, true, true])
      expect(await send(await bound(stage, alice))).toEqual([resumed, 401, SAME])
    expect(trust.asked).toEqual([])
  },
)

test.for(['TLSv1.2', 'TLSv1.3'] as const)(
  'over %s a hop is one by its certificate',
  async (version) => {
    const { stage } = await set({
      hops: { isHop: ({ subject }) => subject === 'CN=bob', format: 'client-cert' },
    })
    const { alice, bob } = stage.certificates
    const der = alice.cert.replaceAll(/-----[^-]+-----|\s/g, '')
    const byHop = client(stage, version, bob)
    const byNobody = client(stage, version)
    for (const resumed of [false, true]) {
      const token = await bound(stage, alice)
      expect(await byHop(token, 'Client-Cert', `:${der}:`)).toEqual([resumed, 200, 'accepted'])
      // `authorized` says nothing of a session that began without a certificate.
      expect(await byNobody(token, 'Client-Cert', `:${der}:`)).toEqual([
        resumed,
        400,
        'A client certificate is forwarded by a trusted proxy only.',
      ])
    }
  },
)
