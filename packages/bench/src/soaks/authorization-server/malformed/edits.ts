/** Honest requests spoilt in one place. Some are harmless all the same. */
import { json, nested, notQuiteJson, text, word } from '../../malformed/garbage.ts'
import type { Random } from '../../malformed/random.ts'
import type { AsClient } from './as-client.ts'
import type { Pair, Parts, Signed } from './honest.ts'

/** A request as it is sent; a body that is given stands for the form. */
export interface Edited extends Omit<Parts, 'signed'> {
  readonly body?: string | Uint8Array
  readonly type?: string | undefined
}

type Edit = (parts: Parts, random: Random, client: AsClient) => Edited

/** With everything signed and in its place. */
export function completed({ signed, ...parts }: Parts, client: AsClient): Edited {
  const made = (place: Signed['in']): readonly Pair[] =>
    signed.filter((one) => one.in === place).map(({ name, what }) => [name, client.sign(what)])
  const form = parts.form && [...parts.form, ...made('form')]
  return { ...parts, form, fields: [...parts.fields, ...made('fields')] }
}

const spoiling =
  (spoil: (parts: Edited, random: Random) => Edited): Edit =>
  (parts, random, client) =>
    spoil(completed(parts, client), random)

/** Changes the parameters, in the form or in the query. */
const parameters = (change: (pairs: readonly Pair[], random: Random) => readonly Pair[]): Edit =>
  spoiling((parts, random) =>
    parts.form
      ? { ...parts, form: change(parts.form, random) }
      : { ...parts, query: change(parts.query, random) },
  )

const value = (random: Random): string =>
  random.pick<() => string>([
    () => word(random),
    () => text(random),
    () => JSON.stringify(json(random)),
    () => nested(random),
    () => random.pick(['a', '%', '\u{1F600}', '.', '{"a":', 'e30.']).repeat(random.below(9_000)),
  ])()

const replaced = (pairs: readonly Pair[], at: number, pair: readonly Pair[]): readonly Pair[] => [
  ...pairs.slice(0, at),
  ...pair,
  ...pairs.slice(at + 1),
]

// oxfmt-ignore
export const NAMES = [
  '__proto__', 'constructor', 'toString', 'client_id', 'client_id[]', 'client_id[0]', 'client_secret', 'client_assertion', 'scope',
  'resource', 'request', 'request_uri', 'redirect_uri', 'claims', 'authorization_details', 'response_mode', 'response_type', 'prompt',
  'max_age', 'id_token_hint', 'dpop_jkt', 'grant_type', 'token', 'acr_values', 'registration', 'ui_locales', 'user_code', '', 'a.b', 'x',
] as const
// oxfmt-ignore
export const FIELDS = [
  'Authorization', 'DPoP', 'Cookie', 'Origin', 'Accept', 'Accept-Language', 'Accept-Encoding', 'Host', 'Forwarded', 'X-Forwarded-For',
  'X-Forwarded-Host', 'X-Forwarded-Proto', 'Traceparent', 'If-None-Match', 'Range', 'Referer', 'Sec-Fetch-Site', 'Content-Encoding',
  'Client-Cert', 'OAuth-Client-Attestation', 'OAuth-Client-Attestation-PoP', 'X-HTTP-Method-Override', 'Access-Control-Request-Method', 'Via',
] as const
// oxfmt-ignore
const TYPES = [
  '', 'application/json', 'text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded; charset=utf-7',
  'application/x-www-form-urlencoded; charset=utf-16le', 'application/x-www-form-urlencoded;charset=', 'application/x-www-form-urlencoded; charset="', '*/*', 'a/b/c', 'application/jwt', '; ; ;',
] as const
// oxfmt-ignore
const BODIES = ['%', '%zz=%zz', 'a=%u0041', 'client_id=%00', 'client_id=%c0%ae', 'client_id=%ff%fe', '&&&&', '=', '=&=', '[]', '{}', '{"client_id":"web"}', '\u0000', 'client_id', 'a[b][c]=d', 'a=b;c=d', '+', 'client_id=web&client_id'] as const

/** A field value that can be sent: no line ends, no NUL. */
const fieldValue = (random: Random): string =>
  value(random)
    .replaceAll(/[\r\n\0]/g, ' ')
    .slice(0, 6_000)

// oxfmt-ignore
export const EDITS: Readonly<Record<string, Edit>> = {
  'a value of another kind': parameters((pairs, random) => { const at = random.below(pairs.length || 1); return replaced(pairs, at, [[pairs[at]?.[0] ?? 'x', value(random)]]) }),
  'a parameter missing':  parameters((pairs, random) => replaced(pairs, random.below(pairs.length || 1), [])),
  'a parameter twice':    parameters((pairs, random) => { const pair = pairs[random.below(pairs.length || 1)] ?? ['x', 'y']; return [...pairs, random.below(2) ? pair : [pair[0], value(random)]] }),
  'a parameter more':     parameters((pairs, random) => [...pairs, [random.pick(NAMES), value(random)]]),
  'parameters by the thousand': parameters((pairs, random) => [...pairs, ...Array.from({ length: random.pick([100, 999, 1_001, 5_000]) }, (_, index): Pair => [random.below(2) ? 'x' : `x${index}`, ''])]),
  'a huge parameter':     parameters((pairs, random) => [...pairs, [random.pick(NAMES), 'x'.repeat(random.pick([16_000, 57_000, 70_000, 300_000]))]]),
  'parameters in the query': spoiling((parts, random) => ({ ...parts, query: [...parts.query, ...(parts.form ?? []), [random.pick(NAMES), text(random)]] })),
  'another type':         spoiling((parts, random) => ({ ...parts, method: 'POST', type: random.below(9) ? random.pick(TYPES) : undefined })),
  'another body':         spoiling((parts, random) => ({ ...parts, method: 'POST', body: random.pick(BODIES), type: 'application/x-www-form-urlencoded' })),
  'a body in another encoding': spoiling((parts, random) => ({ ...parts, body: Buffer.from(encoded(parts.form ?? []), random.pick(['utf16le', 'base64', 'hex'])) })),
  'bytes for a body':     spoiling((parts, random) => ({ ...parts, method: 'POST', body: Uint8Array.from({ length: random.below(400) }, () => random.below(256)) })),
  'the encoding spoilt':  spoiling((parts, random) => { const whole = encoded(parts.form ?? []); const at = random.below(whole.length || 1); return { ...parts, body: whole.slice(0, at) + random.pick(['%', '%0', '%zz', '%ff', '&', '=', ';', '%00', '%0d%0a', '\u00E9']) + whole.slice(at) } }),
  'another method':       spoiling((parts, random) => ({ ...parts, method: random.pick(['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'PROPFIND', 'POST']) })),
  'another path':         spoiling((parts, random) => ({ ...parts, path: random.pick([parts.path, '/', '//', '/authorize', '/interaction', '/session/end']) + random.pick(['/', '/x', '//', '/..', '/%2e%2e', '%', '%zz', '%00', ';x', '\\', '?', '??', '#', '/%E0%A4%A', '/login', '/%ff/login', '\u00E9', 'X'.repeat(20_000)]) })),
  'another host':         spoiling((parts, random) => ({ ...parts, path: random.pick(['https://evil.example/token', 'http://[', '*', '//evil.example/token', 'evil.example:443', 'x']) })),
  'a field':              spoiling((parts, random) => ({ ...parts, fields: [...parts.fields, [random.pick(FIELDS), fieldValue(random)]] })),
  'a field twice':        spoiling((parts, random) => { const field = parts.fields[random.below(parts.fields.length || 1)] ?? ['DPoP', 'x']; return { ...parts, fields: [...parts.fields, random.below(2) ? field : [field[0], fieldValue(random)]] } }),
  'a field spoilt':       spoiling((parts, random) => { const at = random.below(parts.fields.length || 1); const [name = 'DPoP', whole = ''] = parts.fields[at] ?? []; const cut = random.below(whole.length || 1); return { ...parts, fields: replaced(parts.fields, at, [[name, whole.slice(0, cut) + fieldValue(random).slice(0, random.below(20)) + whole.slice(cut + random.below(9))]]) } }),
  'a basic scheme':       spoiling((parts, random) => ({ ...parts, fields: [...parts.fields, ['Authorization', `Basic ${Buffer.from(random.pick([text(random), 'web:', ':', 'web:%zz', '%:%'])).toString('base64')}`]] })),
  'cookies':              spoiling((parts, random) => ({ ...parts, fields: [['Cookie', random.pick(['__Host-session', '__Secure-interaction', '__Host-session.sig', '__proto__', '']) + random.pick(['=', '']) + fieldValue(random).slice(0, 3_000)]] })),
  'a claim of another kind': signing(({ header, claims }, random, client) => client.sign({ header, claims: { ...claims, [keyOf(claims, random)]: json(random) } })),
  'a claim missing':      signing(({ header, claims }, random, client) => client.sign({ header, claims: { ...claims, [keyOf(claims, random)]: undefined } })),
  'a claim more':         signing(({ header, claims }, random, client) => client.sign({ header, claims: { ...claims, [random.pick([...NAMES, 'cnf', 'sub', 'nbf', 'exp'])]: json(random) } })),
  'a claim that nests':   signing(({ header, claims }, random, client) => client.jws(JSON.stringify(header), JSON.stringify({ ...claims, [keyOf(claims, random)]: 0 }).replace(/:0([,}])/, `:${nested(random)}$1`))),
  'claims not quite JSON': signing(({ header, claims }, random, client) => client.jws(JSON.stringify(header), notQuiteJson(random, JSON.stringify(claims)))),
  'a header parameter of another kind': signing(({ header, claims }, random, client) => client.sign({ header: { ...header, [random.pick([...Object.keys(header), 'crit', 'b64', 'jku', 'x5c', 'zip', 'enc', 'cty'])]: json(random) }, claims })),
  'another algorithm':    signing(({ header, claims }, random, client) => client.sign({ header: { ...header, alg: random.pick(['none', 'HS256', 'RS256', 'ES384', 'PS256', 'EdDSA', 'dir', 'RSA-OAEP', '']) }, claims })),
  'headers not quite JSON': signing(({ header, claims }, random, client) => client.jws(notQuiteJson(random, JSON.stringify(header)), JSON.stringify(claims))),
  'a signature spoilt':   signing((what, random, client) => { const whole = client.sign(what); const at = random.below(whole.length); return whole.slice(0, at) + random.pick(['', 'A', '.', '=', '%', ' ', '\u00E9', '..']) + whole.slice(at + random.below(3)) }),
  'segments':             signing((_, random) => random.pick(['..', '.', 'e30', 'e30.e30', 'e30.e30.', 'e30.e30.e30.e30.e30', text(random), 'e30.'.repeat(3_000)])),
}

/** Signs everything, one thing of it otherwise. */
function signing(sign: (what: Signed['what'], random: Random, client: AsClient) => string): Edit {
  return (parts, random, client) => {
    const at = random.below(parts.signed.length || 1)
    const spoilt = parts.signed[at]
    const whole = completed(
      { ...parts, signed: parts.signed.filter((one) => one !== spoilt) },
      client,
    )
    if (!spoilt) return { ...whole, fields: [...whole.fields, ['DPoP', fieldValue(random)]] }
    const pair: Pair = [spoilt.name, sign(spoilt.what, random, client)]
    return spoilt.in === 'form'
      ? { ...whole, form: [...(whole.form ?? []), pair] }
      : { ...whole, fields: [...whole.fields, [pair[0], pair[1].replaceAll(/[\r\n\0]/g, ' ')]] }
  }
}

const keyOf = (claims: object, random: Random): string => random.pick(Object.keys(claims))

export const encoded = (pairs: readonly Pair[]): string =>
  pairs
    .map((pair) => pair.map((part) => encodeURIComponent(part.toWellFormed())).join('='))
    .join('&')
