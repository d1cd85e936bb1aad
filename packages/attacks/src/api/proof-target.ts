/** A proof for another target than it is sent to (RFC 9449 §4.3 items 8 and 9). */
import type { Attack } from './attack.ts'
import { invalidProof } from './edited-proof.ts'

export const otherPath: Attack = {
  id: 'proof/htu-path',
  title: 'A captured proof for another path',
  clause: 'RFC9449-4.3-9',
  answer: invalidProof,
  play: async ({ byDpop, send, url }) => send(await byDpop({ claims: { htu: `${url}/other` } })),
}

export const counterfeitServer: Attack = {
  id: 'proof/counterfeit-resource-server',
  title: 'A proof that the client made for the attacker’s server, relayed with its Host',
  clause: 'RFC9449-4.3-9',
  answer: invalidProof,
  play: async ({ byDpop, send, url }) => {
    const evil = `https://evil.example${new URL(url).pathname}`
    return send(
      await byDpop({
        claims: { htu: evil },
        fields: (honest) => [...honest, ['X-Forwarded-Host', 'evil.example']],
      }),
    )
  },
}

export const plainHttp: Attack = {
  id: 'proof/htu-http',
  title: 'http for https',
  clause: 'RFC9449-4.3-9',
  answer: invalidProof,
  play: async ({ byDpop, send, url }) =>
    send(await byDpop({ claims: { htu: url.replace('https:', 'http:') } })),
}

/** Spellings of the URL that some parser takes for it, and RFC 3986 does not. */
const spelt = (id: string, title: string, write: (url: string) => string): Attack => ({
  id: `proof/htu-${id}`,
  title,
  clause: 'RFC9449-4.3-9',
  answer: invalidProof,
  play: async ({ byDpop, send, url }) => send(await byDpop({ claims: { htu: write(url) } })),
})

export const otherPort = spelt('port', 'The same URL with another port', (url) => {
  const { protocol, hostname, pathname } = new URL(url)
  return `${protocol}//${hostname}:1${pathname}`
})

export const otherCase = spelt('case', 'The path in upper case', (url) => {
  const { origin, pathname } = new URL(url)
  return origin + pathname.toUpperCase()
})

export const trailingSlash = spelt('slash', 'A slash behind the path', (url) => `${url}/`)

export const encodedSlash = spelt(
  'encoded-slash',
  'A slash in the path as %2F, which is another path',
  (url) => `${new URL(url).origin}%2F${new URL(url).pathname.slice(1)}`,
)

export const backslash = spelt(
  'backslash',
  'A backslash, which browsers take for a slash',
  (url) => `${new URL(url).origin}\\${new URL(url).pathname.slice(1)}`,
)

export const tab = spelt('tab', 'A tab in the URL, which browsers leave out', (url) =>
  url.replace('://', '://\t'),
)

export const userinfo = spelt('userinfo', 'A user name before the host', (url) =>
  url.replace('://', '://user@'),
)

export const tokenEndpoint: Attack = {
  id: 'proof/for-the-token-endpoint',
  title: 'A proof that the client made for the token endpoint',
  clause: 'RFC9449-4.3-8',
  answer: invalidProof,
  overlaps: ['RFC9449-4.3-9', 'RFC9449-4.3-12a'],
  play: async ({ byDpop, send }) =>
    send(
      await byDpop({ claims: { htm: 'POST', htu: 'https://as.example/token', ath: undefined } }),
    ),
}

export const forwardedHost: Attack = {
  id: 'proof/forwarded-host',
  title: 'A proof made for the attacker’s server, whose host X-Forwarded-Host and Forwarded name',
  clause: 'RFC9449-4.3-9',
  answer: invalidProof,
  play: async ({ byDpop, send, url }) =>
    send(
      await byDpop({
        claims: { htu: `https://evil.example${new URL(url).pathname}` },
        fields: (honest) => [
          ...honest,
          ['X-Forwarded-Host', 'evil.example'],
          ['Forwarded', 'host=evil.example;proto=https'],
        ],
      }),
    ),
}

export const forwardedPrefix: Attack = {
  id: 'proof/forwarded-prefix',
  title:
    'A proof for another path and scheme, which X-Forwarded fields of the sender’s own explain',
  clause: 'RFC9449-4.3-9',
  answer: invalidProof,
  play: async ({ byDpop, send, url }) => {
    const { host, pathname } = new URL(url)
    return send(
      await byDpop({
        claims: { htu: `http://${host}/elsewhere${pathname}` },
        fields: (honest) => [
          ...honest,
          ['X-Forwarded-Proto', 'http'],
          ['X-Forwarded-Prefix', '/elsewhere'],
          ['X-Original-URL', `/elsewhere${pathname}`],
        ],
      }),
    )
  },
}
