/** What must be accepted: a refusal here is a defect as well. */
import { afterAll, expect, test } from 'vitest'
import { x5t } from './certificates.ts'
import { jkt, newSigner } from './mint.ts'
import { dpopFields, memorySince, type Outgoing, raise, type Stage, START } from './stage.ts'

const clock = { now: START }
const memory = memorySince(START - 60_000, clock)
const stage = await raise({ clock, memory })
const { alice, selfSigned } = stage.certificates
afterAll(() => stage.close())

const proving = async (
  s: Stage,
  edit: { header?: Record<string, unknown>; claims?: Record<string, unknown> },
): Promise<Outgoing> => {
  const token = await s.token()
  return { fields: dpopFields(token, await s.proof({ token, ...edit })) }
}
const bound = async (s: Stage, claims: Record<string, unknown>) =>
  s.honest({ token: await s.token(claims) })
const asBearer = async (pair = alice): Promise<Outgoing> => ({
  fields: [['Authorization', `Bearer ${await stage.token({ cnf: { 'x5t#S256': x5t(pair) } })}`]],
  certificate: pair,
})
const renamed = ({ fields = [] }: Outgoing, authorization: string, dpop: string): Outgoing => ({
  fields: fields.map(([name, value]) => [name === 'DPoP' ? dpop : authorization, value]),
})
const seconds = () => clock.now / 1000

const ACCEPTED: readonly (readonly [string, () => Promise<Outgoing>])[] = [
  ['the honest request', () => stage.honest()],
  ['field names in upper case', async () => renamed(await stage.honest(), 'AUTHORIZATION', 'DPOP')],
  ['field names in lower case', async () => renamed(await stage.honest(), 'authorization', 'dpop')],
  [
    'the scheme in lower case',
    async () => {
      const token = await stage.token()
      const proof = await stage.proof({ token })
      return {
        fields: [
          ['Authorization', `dpop ${token}`],
          ['DPoP', proof],
        ],
      }
    },
  ],
  [
    'a query, which htu leaves out',
    async () => ({ ...(await stage.honest()), path: '/accounts?page=2' }),
  ],
  [
    'htu with query and fragment',
    () => proving(stage, { claims: { htu: 'https://rs.example/accounts?x=1#y' } }),
  ],
  [
    'htu in upper case with the default port',
    () => proving(stage, { claims: { htu: 'HTTPS://RS.EXAMPLE:443/./accounts' } }),
  ],
  ['unknown header parameters', () => proving(stage, { header: { x: { y: 1 } } })],
  ['unknown claims', () => proving(stage, { claims: { x: [1] } })],
  ['a fractional iat', () => proving(stage, { claims: { iat: seconds() - 0.5 } })],
  ['iat 10 s ahead', () => proving(stage, { claims: { iat: seconds() + 10 } })],
  ['iat 10 s behind', () => proving(stage, { claims: { iat: seconds() - 10 } })],
  [
    'nbf and exp in a proof',
    () => proving(stage, { claims: { nbf: seconds() - 10, exp: seconds() + 60 } }),
  ],
  ['unknown members of cnf', () => bound(stage, { cnf: { jkt: jkt(stage.client), kid: 'x' } })],
  [
    'an aud that is an array with ours in it',
    () => bound(stage, { aud: ['https://other.example', 'https://rs.example'] }),
  ],
  ['a certificate-bound token', () => asBearer()],
  ['a self-signed certificate that is the one in cnf', () => asBearer(selfSigned)],
  [
    'a DPoP-bound token on a connection with any certificate',
    async () => ({ ...(await stage.honest()), certificate: alice }),
  ],
]

test.for(ACCEPTED)('%s', async ([, request]) => {
  const response = await stage.send(await request())
  expect(response).toMatchObject({ status: 200, challenges: [], nonce: undefined })
  expect(stage.errors).toEqual([])
})

test('the same jti from two different keys', async () => {
  const other = newSigner('other')
  const answers = []
  for (const key of [stage.client, other]) {
    const token = await stage.token({ cnf: { jkt: jkt(key) } })
    const proof = await stage.proof({ token, claims: { jti: 'chosen by both' } }, key)
    answers.push((await stage.send({ fields: dpopFields(token, proof) })).status)
  }
  expect(answers).toEqual([200, 200])
})

test('a stray DPoP field beside a certificate-bound Bearer is ignored and writes no record', async () => {
  const token = await stage.token({ cnf: { 'x5t#S256': x5t(alice) } })
  const proof = await stage.proof({ token, claims: { jti: 'stray' } })
  const stray: Outgoing = {
    fields: [
      ['Authorization', `Bearer ${token}`],
      ['DPoP', proof],
      ['DPoP', 'garbage'],
    ],
    certificate: alice,
  }
  for (let round = 0; round < 3; round += 1) expect((await stage.send(stray)).status).toBe(200)
  // Had the jti been recorded, its first honest use would be refused as the second.
  const own = await stage.token()
  const first = await stage.proof({ token: own, claims: { jti: 'stray' } })
  expect((await stage.send({ fields: dpopFields(own, first) })).status).toBe(200)
})

test('a certificate is good to its last second, and on the connection that was opened with it', async () => {
  const before = await stage.send(await asBearer())
  clock.now += 31 * 86_400_000
  const after = await stage.send(await asBearer())
  clock.now = START
  expect([before.status, after.status]).toEqual([200, 401])
  expect(after.challenges[0]).toContain('The certificate is within its validity period.')
})
