/** Mutual TLS (RFC 8705 §3, RFC 5280). */
import { certificateThumbprint } from '@holdfast/client'
import type { Attack } from './attack.ts'

const invalidToken = { status: 401, error: 'invalid_token' } as const

export const none: Attack = {
  id: 'certificate/none',
  title: 'A stolen certificate-bound token, without any certificate',
  clause: 'RFC8705-3',
  answer: invalidToken,
  play: ({ byMtls, send }) => send(byMtls({ certificate: null })),
}

export const anotherClients: Attack = {
  id: 'certificate/another-clients',
  title: 'A stolen certificate-bound token, with the attacker’s own certificate of the same CA',
  clause: 'RFC8705-3',
  answer: invalidToken,
  play: ({ byMtls, send, attacker }) => send(byMtls({ certificate: attacker.certificate })),
}

export const twin: Attack = {
  id: 'certificate/twin',
  title: 'A certificate with the victim’s subject and serial number, from another CA',
  clause: 'RFC8705-3',
  answer: invalidToken,
  play: ({ byMtls, send, certificates }) => send(byMtls({ certificate: certificates.twin })),
}

export const renewed: Attack = {
  id: 'certificate/renewed',
  title: 'The victim’s next certificate, same key and name: cnf names the certificate, not the key',
  clause: 'RFC8705-3',
  answer: invalidToken,
  play: ({ byMtls, send, certificates }) => send(byMtls({ certificate: certificates.renewed })),
}

export const expired: Attack = {
  id: 'certificate/expired',
  title: 'The right certificate, a day after its end',
  clause: 'RFC5280-6.1.3',
  answer: invalidToken,
  forges: true,
  play: async ({ byMtls, send, certificates, forged }) => {
    const cnf = { 'x5t#S256': certificateThumbprint(certificates.expired.chain) }
    const token = await forged({ claims: { cnf } })
    return send(byMtls({ token, certificate: certificates.expired }))
  },
}
