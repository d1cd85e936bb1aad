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

export const selfSignedTwin: Attack = {
  id: 'certificate/self-signed-twin',
  title: 'A certificate with the victim’s subject that the attacker has signed',
  clause: 'RFC8705-3',
  answer: invalidToken,
  play: ({ byMtls, send, certificates }) => send(byMtls({ certificate: certificates.selfSigned })),
}

export const renewed: Attack = {
  id: 'certificate/renewed',
  title: 'The victim’s next certificate, same key and name: cnf names the certificate, not the key',
  clause: 'RFC8705-3',
  answer: invalidToken,
  play: ({ byMtls, send, certificates }) => send(byMtls({ certificate: certificates.renewed })),
}

const withRightThumbprint =
  (
    name: 'expired' | 'notYetValid' | 'selfSigned' | 'forServers' | 'authority' | 'revoked',
  ): Attack['play'] =>
  async ({ byMtls, send, certificates, forged }) => {
    const certificate = certificates[name]
    if (!certificate) throw new Error(`this stage has no certificate ${name}`)
    const cnf = { 'x5t#S256': certificateThumbprint(certificate.chain) }
    return send(byMtls({ token: await forged({ claims: { cnf } }), certificate }))
  }

export const expired: Attack = {
  id: 'certificate/expired',
  title: 'The right certificate, a day after its end',
  clause: 'RFC5280-6.1.3',
  answer: invalidToken,
  forges: true,
  play: withRightThumbprint('expired'),
}

export const notYetValid: Attack = {
  id: 'certificate/not-yet-valid',
  title: 'The right certificate, a day before it begins',
  clause: 'RFC5280-6.1.3',
  answer: invalidToken,
  forges: true,
  play: withRightThumbprint('notYetValid'),
}

const untrusted = {
  clause: 'RFC5280-6.1',
  answer: invalidToken,
  situation: 'pki-trust',
  forges: true,
} as const satisfies Partial<Attack>

export const selfSigned: Attack = {
  ...untrusted,
  id: 'certificate/self-signed',
  title: 'The certificate in cnf, which no authority has signed',
  play: withRightThumbprint('selfSigned'),
}

export const revoked: Attack = {
  ...untrusted,
  id: 'certificate/revoked',
  title: 'The certificate in cnf, which its authority has revoked',
  play: withRightThumbprint('revoked'),
}

export const forServers: Attack = {
  ...untrusted,
  id: 'certificate/for-servers',
  title: 'The certificate in cnf, which is good for servers only',
  play: withRightThumbprint('forServers'),
}

export const authority: Attack = {
  ...untrusted,
  id: 'certificate/authority',
  title: 'The certificate in cnf, which is that of a certificate authority',
  play: withRightThumbprint('authority'),
}

export const statusWithheld: Attack = {
  id: 'certificate/status-withheld',
  title: 'A certificate that may have been revoked, while no revocation list can be had',
  clause: 'RFC9110-15.6.4',
  answer: { status: 503, error: 'temporarily_unavailable' },
  overlaps: ['RFC5280-6.1'],
  situation: 'certificate-status-unreachable',
  play: ({ byMtls, send }) => send(byMtls()),
}
