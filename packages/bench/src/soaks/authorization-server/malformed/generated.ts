import * as fc from 'fast-check'
import { type Edited, FIELDS, NAMES } from './edits.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.json(),
  fc.webUrl(),
  fc.base64String(),
  fc.constantFrom('web', 'signing', 'api', 'tls', 'code', 'S256', 'client_credentials', 'openid'),
)
const pairs = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...NAMES), anyText), anyText), {
  maxLength: 12,
})

/** Requests that were never right, by fast-check. */
export const generated = (seed: number, count: number): readonly Edited[] =>
  fc.sample(
    fc.record({
      side: fc.constantFrom('public' as const, 'alias' as const),
      method: fc.constantFrom('GET', 'POST', 'POST', 'POST', 'HEAD', 'OPTIONS', 'PUT'),
      path: fc.oneof(
        fc.constantFrom(
          '/token',
          '/par',
          '/authorize',
          '/introspect',
          '/revoke',
          '/userinfo',
          '/jwks',
          '/status',
          '/backchannel',
          '/approvals',
          '/approvals/login',
          '/logout',
          '/logout/confirm',
          '/applications',
          '/applications/withdrawal',
        ),
        fc.webPath(),
        fc
          .string({ unit: 'grapheme-ascii', maxLength: 20 })
          .map((end) => `/interaction/${encodeURIComponent(end)}/login`),
      ),
      query: pairs,
      fields: fc.array(
        fc.tuple(
          fc.constantFrom(...FIELDS),
          anyText.map((some) => some.replaceAll(/[\r\n\0]/g, ' ')),
        ),
        { maxLength: 4 },
      ),
      form: fc.option(pairs, { nil: undefined }),
    }),
    { seed, numRuns: count },
  )
