import { afterAll, beforeAll, expect, test } from 'vitest'
import { pushed } from '../stage/flow.ts'
import { clientCredentials, Prover } from '../stage/honest.ts'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'

let house: House
beforeAll(async () => {
  house = await startHouse()
})
afterAll(() => house.stop())

const PASSWORD =
  'the password grant is not supported: it hands the password of the end-user to the client; use the authorization code flow'
const IMPLICIT =
  'the implicit grant is not supported: it puts access tokens into URLs, and nothing can constrain them to their sender; use response_type=code'

test.each([
  ['password', PASSWORD],
  ['implicit', IMPLICIT],
  ['urn:ietf:params:oauth:grant-type:saml2-bearer', 'unsupported grant_type requested'],
])('RFC6749-5.2: grant_type %s is refused with a sentence', async (grant_type, sentence) => {
  const request = await clientCredentials(house, await Prover.new(), { grant_type })
  const { status, json } = await house.send(request)
  expect([status, json]).toEqual([
    400,
    { error: 'unsupported_grant_type', error_description: sentence },
  ])
})

test.each([
  ['token', IMPLICIT],
  ['id_token token', IMPLICIT],
  ['code id_token', IMPLICIT],
  ['none', 'unsupported response_type requested'],
])(
  'RFC6749-4.1.2.1: response_type %s is refused with a sentence',
  async (response_type, sentence) => {
    const { status, json } = await house.send(await pushed(house, { response_type }))
    expect([status, json]).toEqual([
      400,
      { error: 'unsupported_response_type', error_description: sentence },
    ])
  },
)

test('neither is in the metadata, and the honest request still works', async () => {
  const { text } = await house.send({ url: `${house.issuer}/.well-known/openid-configuration` })
  expect(text).not.toMatch(/password|implicit/)
  expect((await house.send(await pushed(house))).status).toBe(201)
})
