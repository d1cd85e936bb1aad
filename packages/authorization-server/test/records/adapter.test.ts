import { RecordsInProcess } from '@holdfast/store'
import { errors } from 'oidc-provider'
import { beforeEach, expect, test, vi } from 'vitest'
import { adapterOver } from '../../src/records/adapter.ts'

let records: RecordsInProcess
let adapter: ReturnType<typeof adapterOver>
beforeEach(() => {
  records = new RecordsInProcess()
  adapter = adapterOver(records, 3_600)
})

test('what is consumed stays readable, marked with seconds', async () => {
  const codes = adapter('AuthorizationCode')
  await codes.upsert('c', { clientId: 'web' }, 60)
  await codes.consume('c')
  expect(await codes.find('c')).toEqual({ clientId: 'web', consumed: expect.any(Number) })
  expect((await codes.find('c'))?.consumed).toBeCloseTo(Date.now() / 1_000, -1)
})

test('RFC6749-4.1.2: a code that is lost to another use takes its grant with it', async () => {
  const codes = adapter('AuthorizationCode')
  await codes.upsert('c', { grantId: 'g' }, 60)
  await adapter('Grant').upsert('g', { clientId: 'web' }, 60)
  await adapter('AccessToken').upsert('t', { grantId: 'g' }, 60)
  await adapter('AccessToken').upsert('u', { grantId: 'h' }, 60)
  await codes.consume('c')
  await expect(codes.consume('c')).rejects.toThrow(errors.InvalidGrant)
  expect(await adapter('Grant').find('g')).toBeUndefined()
  expect(await adapter('AccessToken').find('t')).toBeUndefined()
  expect(await adapter('AccessToken').find('u')).toBeDefined()
})

test('RFC9126-7.3: a pushed request that is lost to another use is refused by its own name', async () => {
  const requests = adapter('PushedAuthorizationRequest')
  await requests.upsert('r', { request: 'jwt' }, 60)
  await requests.consume('r')
  await expect(requests.consume('r')).rejects.toThrow(errors.InvalidRequestUri)
})

test('an interaction names a grant and outlives it', async () => {
  await adapter('Interaction').upsert('i', { grantId: 'g' }, 60)
  await adapter('RefreshToken').upsert('r', { grantId: 'g' }, 60)
  await adapter('AccessToken').revokeByGrantId('g')
  expect(await adapter('Interaction').find('i')).toBeDefined()
  expect(await adapter('RefreshToken').find('r')).toBeUndefined()
})

test('models are found by uid and by user code, and do not meet', async () => {
  await adapter('Session').upsert('s', { uid: 'one' }, 60)
  await adapter('DeviceCode').upsert('d', { userCode: 'one' }, 60)
  expect(await adapter('Session').findByUid('one')).toEqual({ uid: 'one' })
  expect(await adapter('DeviceCode').findByUserCode('one')).toEqual({ userCode: 'one' })
  expect(await adapter('Interaction').find('s')).toBeUndefined()
  await adapter('Session').destroy('s')
  expect(await adapter('Session').findByUid('one')).toBeUndefined()
})

test('a life of a fraction of a second is rounded up; none is for good', async () => {
  const upsert = vi.spyOn(records, 'upsert')
  await adapter('Session').upsert('s', {}, 1.000_01)
  await adapter('Client').upsert('c', {})
  const [session, client] = upsert.mock.calls.map(([record]) => record)
  expect(session).toMatchObject({ expiresAt: expect.toSatisfy(Number.isInteger) })
  expect(client).not.toHaveProperty('expiresAt')
})

test('a device code is decided about once: a second decision would make a redeemed one good again', async () => {
  const codes = adapter('DeviceCode')
  await codes.upsert('d', { userCode: 'BBBBBBBB' }, 60)
  await codes.upsert('d', { userCode: 'BBBBBBBB', inFlight: true }, 60)
  await codes.upsert('d', { userCode: 'BBBBBBBB', accountId: 'sub-alice' }, 60)
  await codes.consume('d')
  for (const decision of [{ accountId: 'sub-bob' }, { error: 'access_denied' }])
    await expect(codes.upsert('d', { userCode: 'BBBBBBBB', ...decision }, 60)).rejects.toThrow(
      errors.InvalidRequest,
    )
  expect(await codes.find('d')).toMatchObject({ consumed: expect.any(Number) })
})
