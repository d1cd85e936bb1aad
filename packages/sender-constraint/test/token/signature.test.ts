import { expect, test } from 'vitest'
import { enforce, importJwk, type JwtToken, ROWS, withKey } from '../../src/index.ts'
import { certificateBound, CLIENT, factsOf } from '../honest.ts'

test('a token that was kept is verified once for each key', async () => {
  const draft = certificateBound()
  const facts = factsOf(draft)
  const { token } = facts
  if (token?.form !== 'jwt') throw new Error('the honest token is a JWT')
  const refusedBy = async (one: JwtToken) => {
    const { refusal } = await enforce(
      ROWS,
      { ...facts, token: one },
      draft.policy,
      () => 'recorded',
    )
    return refusal?.clause
  }
  expect(await refusedBy(token)).toBeUndefined()
  expect(await refusedBy({ ...token })).toBeUndefined()
  expect(await refusedBy({ ...token, jws: { ...token.jws } })).toBeUndefined()
  const signature = token.jws.signature.map((byte) => byte ^ 1)
  expect(await refusedBy({ ...token, jws: { ...token.jws, signature } })).toBe('RFC9068-4-5')
  const signingInput = token.jws.signingInput.replace('.', '.A')
  expect(await refusedBy({ ...token, jws: { ...token.jws, signingInput } })).toBe('RFC9068-4-5')
  expect(await refusedBy(withKey(token, importJwk(CLIENT.jwk)))).toBe('RFC9068-4-5')
  expect(await refusedBy(token)).toBeUndefined()
})
