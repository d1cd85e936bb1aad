/** Trust `pki`: the user's function is asked at every request, and its word is final. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CertificateStatus, CertificateVerdict } from '../src/index.ts'
import { answerOf, bearer, DPOP, refusal } from './answers.ts'
import { makeCertificates, makeMore, type Pair } from './certificates.ts'
import { clientCert } from './forwarding.ts'
import { bound, certificates, hopStage, more } from './hop-stage.ts'
import { START } from './stage.ts'

const { alice, selfSigned } = certificates
const { hop, chained, intermediate } = more
const REVOKED = { ok: false, clause: 'RFC5280-6.1.3-a3', reason: 'CN=alice is revoked' } as const
const asked: [string, readonly string[], string, number][] = []
let verdict: CertificateVerdict = { ok: true }

const certificateStatus: CertificateStatus = (leaf, intermediates, purpose, at) => {
  asked.push([leaf.subject, intermediates.map(({ subject }) => subject), purpose, at])
  return verdict
}
const stage = await hopStage('client-cert', { certificateTrust: 'pki', certificateStatus })
const lenient = await hopStage('client-cert', { certificateStatus })
afterAll(() => Promise.all([stage.close(), lenient.close()]))
beforeEach(() => {
  asked.length = 0
  verdict = { ok: true }
})
const ask = async (to = stage) => to.send({ certificate: alice, fields: await bound(to, alice) })

test('a certificate that is good is accepted, and asked about at every request', async () => {
  expect((await ask()).status).toBe(200)
  expect((await ask()).status).toBe(200)
  const question = ['CN=alice', [], 'client', START]
  expect(asked).toEqual([question, question])
})

test('RFC5280-6.1 refuses one that is revoked while its connection is open', async () => {
  expect((await ask()).status).toBe(200)
  verdict = REVOKED
  const sentence =
    'Where trust is pki, the certificate is of an authority of ours, for clients, and not revoked.'
  expect(answerOf(await ask())).toEqual(
    refusal({
      status: 401,
      challenges: [bearer('invalid_token', `RFC5280-6.1: ${sentence}`), DPOP],
      error: 'invalid_token',
    }),
  )
  verdict = { ok: true }
  expect((await ask()).status).toBe(200)
})

test('the reason is for the trace, not for the client', async () => {
  verdict = REVOKED
  expect(JSON.stringify(await ask())).not.toContain('CN=alice is revoked')
})

test('RFC9110-15.6.4 refuses while nobody can tell, with Retry-After', async () => {
  verdict = { ok: false, clause: 'RFC5280-6.3.3', reason: 'no CRL', unavailable: true }
  const { status, retryAfter, body, challenges } = await ask()
  expect({ status, retryAfter, error: body['error'], challenges }).toEqual({
    status: 503,
    retryAfter: '5',
    error: 'temporarily_unavailable',
    challenges: [],
  })
})

test('a function that throws refuses with 503, and a warning of the process', async () => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const broken = await hopStage('client-cert', {
    certificateTrust: 'pki',
    certificateStatus: () => {
      throw new Error('no answer')
    },
  })
  const { status, retryAfter, body } = await ask(broken)
  expect({ status, retryAfter, error: body['error'] }).toEqual({
    status: 503,
    retryAfter: '5',
    error: 'temporarily_unavailable',
  })
  expect(warning).toHaveBeenCalledOnce()
  warning.mockRestore()
  await broken.close()
})

// What TypeScript would not let through is tried as well: not everybody has it.
test.for([undefined, null, true, {}, Promise.resolve({ ok: true })])(
  'RFC5280-6.1 refuses where the function answers %o',
  async (answer) => {
    Object.defineProperty(box, 'answer', { value: answer, configurable: true })
    const odd = await hopStage('client-cert', {
      certificateTrust: 'pki',
      certificateStatus: () => box.answer,
    })
    expect((await ask(odd)).body['error_description']).toContain('RFC5280-6.1: ')
    await odd.close()
  },
)
const box: { answer: CertificateVerdict } = { answer: { ok: true } }

test('where the thumbprint is enough nobody is asked', async () => {
  verdict = REVOKED
  expect((await ask(lenient)).status).toBe(200)
  expect(asked).toEqual([])
})

test('a self-signed certificate that is the one in cnf: by its thumbprint, and not by pki', async () => {
  const own = async (to: typeof stage) =>
    (await to.send({ certificate: selfSigned, fields: await bound(to, selfSigned) })).status
  verdict = { ...REVOKED, clause: 'RFC5280-6.1.3-a4', reason: 'no issuer' }
  expect([await own(lenient), await own(stage)]).toEqual([200, 401])
})

describe('intermediates', () => {
  const sent = async (one: typeof more, ...above: readonly Pair[]) => {
    const certificate = {
      ...one.chained,
      cert: [one.chained, ...above].map(({ cert }) => cert).join(''),
    }
    const answer = await stage.send({ certificate, fields: await bound(stage, one.chained) })
    expect(answer.status).toBe(200)
    return asked[0]?.slice(0, 2)
  }

  test('come from the handshake, where OpenSSL knows no path', async () => {
    const own = makeCertificates()
    const foreign = makeMore(own)
    expect(await sent(foreign, foreign.intermediate)).toEqual(['CN=chained', ['CN=intermediate']])
  })

  test('with the root, which is the end of them', async () => {
    const own = makeCertificates()
    const foreign = makeMore(own)
    const above = ['CN=intermediate', 'CN=ca']
    expect(await sent(foreign, foreign.intermediate, own.authority)).toEqual(['CN=chained', above])
  })

  test('are the function’s own to know, where OpenSSL knows a path: Node shows the leaf', async () => {
    expect(await sent(more, intermediate)).toEqual(['CN=chained', []])
  })

  test('come from Client-Cert-Chain', async () => {
    const fields = [...(await bound(stage, chained)), ...clientCert(chained, intermediate)]
    expect((await stage.send({ certificate: hop, fields })).status).toBe(200)
    expect(asked[0]?.slice(0, 2)).toEqual(['CN=chained', ['CN=intermediate']])
  })
})

test('the servers coped', () => expect([...stage.errors, ...lenient.errors]).toEqual([]))

// Of such a time Node's dates are what happened to be in memory: here, a day to come.
test('RFC5280-6.1.3 refuses a certificate with an end that cannot be read', async () => {
  const { key, cert } = selfSigned
  const edited = Buffer.from(new X509Certificate(cert).raw)
  edited.write('R', edited.lastIndexOf('170d', 'hex') + 14)
  const pair = { key, cert: new X509Certificate(edited).toString() }
  const forward = async (by: Pair) =>
    lenient.send({ certificate: hop, fields: [...(await bound(lenient, by)), ...clientCert(by)] })
  const later = new Date(START + 3_600_000)
  const memory = vi.spyOn(X509Certificate.prototype, 'validToDate', 'get').mockReturnValue(later)
  const answer = await forward(pair)
  memory.mockRestore()
  expect(answer.status).toBe(401)
  expect(answer.challenges[0]).toContain('RFC5280-6.1.3: ')
  expect((await forward(selfSigned)).status).toBe(200)
})
