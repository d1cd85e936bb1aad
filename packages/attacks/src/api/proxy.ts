/** Forwarded certificates and hosts (RFC 9440 §4, RFC 7239 §8.1, RFC 9700 §4.13). */
import { certificateThumbprint } from '@holdfast/client'
import type { Attack } from './attack.ts'
import { type Certificate, clientCertOf } from '../wire.ts'

const invalidRequest = { status: 400, error: 'invalid_request' } as const

// A certificate is no secret: whoever has seen a handshake of TLS 1.2, or a log, can send it. The
// overlap is the certificate of the connection, which still is not the one in cnf.
const claiming =
  (write: (certificate: Certificate) => readonly [string, string]): Attack['play'] =>
  ({ byMtls, send, mtls, attacker }) =>
    send(
      byMtls({
        certificate: attacker.certificate,
        fields: (honest) => [...honest, write(mtls.certificate)],
      }),
    )

const forged = {
  clause: 'RFC9440-4',
  answer: invalidRequest,
  overlaps: ['RFC8705-3'],
} as const satisfies Partial<Attack>

const pemIn = ({ chain }: Certificate): string => encodeURIComponent(chain)

export const forgedField: Attack = {
  ...forged,
  id: 'proxy/forged-field',
  title: 'A stolen certificate-bound token, with the victim’s certificate in a Client-Cert field',
  play: claiming(clientCertOf),
}

export const underscores: Attack = {
  ...forged,
  id: 'proxy/underscores',
  title: 'The same in a Client_Cert field, which some servers take for Client-Cert',
  play: claiming((certificate) => ['Client_Cert', clientCertOf(certificate)[1]]),
}

export const otherName: Attack = {
  ...forged,
  id: 'proxy/other-name',
  title: 'The same in an X-SSL-CERT field, as proxies without RFC 9440 write it',
  play: claiming((certificate) => ['X-SSL-CERT', pemIn(certificate)]),
}

/** What a proxy lets pass that should have replaced it. */
const throughProxy =
  (edit: (value: string) => readonly string[]): Attack['play'] =>
  ({ byProxy, send }) =>
    send(
      byProxy({
        fields: (honest) =>
          honest.flatMap(([name, value]) =>
            name === 'Client-Cert'
              ? edit(value).map((one) => [name, one] as const)
              : [[name, value] as const],
          ),
      }),
    )

const malformed = {
  clause: 'RFC9440-2.2',
  answer: invalidRequest,
  overlaps: ['RFC8705-3'],
  situation: 'behind-a-proxy',
} as const satisfies Partial<Attack>

export const garbage: Attack = {
  ...malformed,
  id: 'proxy/garbage',
  title: 'A Client-Cert field that no certificate can be read from',
  play: throughProxy(() => [':Z2FyYmFnZQ==:']),
}

export const truncated: Attack = {
  ...malformed,
  id: 'proxy/truncated',
  title: 'A Client-Cert field that holds half a certificate',
  play: throughProxy((value) => [`:${value.slice(1, 4 * Math.floor(value.length / 8) + 1)}:`]),
}

export const barePem: Attack = {
  ...malformed,
  id: 'proxy/bare-pem',
  title: 'A Client-Cert field with escaped PEM, as other proxies send it',
  play: ({ byProxy, send, mtls }) =>
    send(
      byProxy({
        fields: (honest) =>
          honest.map(([name, value]) => [
            name,
            name === 'Client-Cert' ? pemIn(mtls.certificate) : value,
          ]),
      }),
    ),
}

export const doubled: Attack = {
  ...malformed,
  id: 'proxy/doubled',
  title: 'Two Client-Cert fields, the client’s own before that of the proxy',
  play: throughProxy((value) => [value, value]),
}

export const doublyEncoded: Attack = {
  ...malformed,
  id: 'proxy/doubly-encoded',
  title: 'A Client-Cert field whose bytes are a Client-Cert field',
  play: throughProxy((value) => [`:${Buffer.from(value).toString('base64')}:`]),
}

export const severalCertificates: Attack = {
  ...malformed,
  id: 'proxy/several-certificates',
  title: 'A Client-Cert field with two certificates, one behind the other',
  play: throughProxy((value) => {
    const der = Buffer.from(value, 'base64')
    return [`:${Buffer.concat([der, der]).toString('base64')}:`]
  }),
}

export const hopsOwn: Attack = {
  id: 'proxy/hops-own',
  title: 'A token bound to the proxy’s own certificate, through the proxy, without a certificate',
  clause: 'RFC8705-3',
  answer: { status: 401, error: 'invalid_token' },
  situation: 'behind-a-proxy',
  forges: true,
  play: async ({ byMtls, send, proxy, forged: forge }) => {
    if (!proxy) throw new Error('this target has no reverse proxy in front')
    const cnf = { 'x5t#S256': certificateThumbprint(proxy.chain) }
    return send(byMtls({ token: await forge({ claims: { cnf } }), certificate: proxy }))
  },
}

export const foreignHost: Attack = {
  id: 'proxy/foreign-host',
  title:
    'A proof made for a counterfeit server, whose name comes through the proxy as X-Forwarded-Host',
  clause: 'RFC7239-8.1',
  answer: invalidRequest,
  overlaps: ['RFC9449-4.3-9'],
  situation: 'behind-a-proxy',
  play: async ({ byDpop, send, proxy, url }) => {
    const { pathname } = new URL(url)
    const request = await byDpop({
      claims: { htu: `https://counterfeit.example${pathname}` },
      fields: (honest) => [...honest, ['X-Forwarded-Host', 'counterfeit.example']],
    })
    return send({ ...request, ...(proxy && { certificate: proxy }) })
  },
}
