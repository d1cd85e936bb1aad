import { expect, test } from 'vitest'
import { introspectedTokens, jwtTokens, PolicyError } from '../src/index.ts'
import { INTROSPECTION_KEY } from './stage.ts'
import { ISSUER } from './mint.ts'

test.for(['http://as.example', 'as.example', 'https://AS.example', `${ISSUER}?x=1`])(
  'an issuer %s is refused at once',
  (issuer) => {
    const key = INTROSPECTION_KEY
    for (const make of [
      () => jwtTokens({ issuer }),
      () => jwtTokens({ issuer: ISSUER }, { issuer }),
      () => introspectedTokens({ issuer, clientId: 'the-api', key }),
      () => introspectedTokens({ issuer, clientId: 'the-api', key: 'mtls' }),
    ]) {
      expect(make).toThrow(PolicyError)
      expect(make).toThrow(/^protect: issuer is .+; allowed: a normalised https URL/)
    }
  },
)

test('a status list that anybody on the way could write is refused at once', () => {
  const statusListUris = [`${ISSUER}/status/1`, 'http://as.example/status/2']
  expect(() => jwtTokens({ issuer: ISSUER, statusListUris })).toThrow(
    'protect: statusListUris is "http://as.example/status/2"; allowed: https URLs',
  )
})

test('what is read without asking anybody is read at once', () => {
  expect(jwtTokens({ issuer: ISSUER })('a.b.c')).toMatchObject({ form: 'unreadable' })
})
