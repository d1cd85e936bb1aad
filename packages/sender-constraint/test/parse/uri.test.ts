import { expect, test } from 'vitest'
import { normaliseUri } from '../../src/index.ts'

const BASE = 'https://api.example/accounts'

test.for([
  'https://api.example/accounts',
  'HTTPS://API.EXAMPLE/accounts',
  'https://api.example:443/accounts',
  'https://api.example/accounts?page=2',
  'https://api.example/accounts#top',
  'https://api.example/%61ccounts',
  'https://api.example/./accounts',
  'https://api.example/x/../accounts',
  'https://%61pi.example/accounts',
])('%s is the same resource', (uri) => {
  expect(normaliseUri(uri)).toBe(BASE)
})

test.for([
  'http://api.example/accounts',
  'https://api.example:8443/accounts',
  'https://api.example:0443/accounts',
  'https://api.example:0/accounts',
  'https://api.example.evil/accounts',
  'https://api.example/Accounts',
  'https://api.example/accounts/',
  'https://api.example//accounts',
  'https://api.example/accounts%2F',
  'https://api.example/x%2F..%2Faccounts',
  'https://api.example/accounts/.',
  'https://api.example/accounts/..',
])('%s is another resource', (uri) => {
  expect(normaliseUri(uri)).toBeDefined()
  expect(normaliseUri(uri)).not.toBe(BASE)
})

test.for([
  '',
  '/accounts',
  'api.example/accounts',
  'ftp://api.example/accounts',
  'https:///accounts',
  'https://user@api.example/accounts',
  'https://api.example\\@evil.example/accounts',
  'https://api.example/acc\tounts',
  'https://api.example/acc ounts',
  'https://api.example\\accounts',
  'https://api.example/acc%ounts',
  'https://api.example/accounts%2',
  'https://api.example:port/accounts',
  'https://api.example/accöunts',
  ' https://api.example/accounts',
  'https://api.example/accounts\n',
])('%j is no URI to compare with', (text) => {
  expect(normaliseUri(text)).toBeUndefined()
})
