/** Client authentication: assertions and certificates (RFC 7523, RFC 8705 §2). */
import { seconds } from '../seconds.ts'
import { attack, type ServerAttack } from './attack.ts'
import { clientCredentials } from './requests.ts'
import type { Edit, IssuerScene } from './stage.ts'

const badAssertion = attack('RFC7523-3', [401, 'invalid_client'])

const asserting = (id: string, title: string, edit: (scene: IssuerScene) => Edit): ServerAttack =>
  badAssertion(id, title, (scene) => clientCredentials(scene, edit(scene)))

export const assertions = [
  asserting('client-without-assertion', 'No client authentication at all', () => ({
    assertion: null,
  })),
  asserting(
    'assertion-for-another-server',
    'An assertion that was made for another server',
    () => ({
      assertion: { aud: 'https://evil.example' },
    }),
  ),
  asserting(
    'assertion-for-the-endpoint',
    'An assertion whose audience is the token endpoint',
    (scene) => ({
      assertion: { aud: `${scene.issuer}/token` },
    }),
  ),
  asserting(
    'assertion-for-several',
    'An assertion for this server and for the attacker’s',
    (scene) => ({
      assertion: { aud: [scene.issuer, 'https://evil.example'] },
    }),
  ),
  asserting('assertion-expired', 'An assertion that has expired', () => ({
    assertion: { exp: seconds() - 60 },
  })),
  asserting('assertion-for-a-year', 'An assertion that is good for a year', () => ({
    assertion: { exp: seconds() + 31_536_000 },
  })),
  asserting('assertion-dated-ahead', 'An assertion that was made in two minutes', () => ({
    assertion: { iat: seconds() + 120, exp: seconds() + 180 },
  })),
  asserting('assertion-without-subject', 'An assertion about nobody', () => ({
    assertion: { sub: undefined },
  })),
  asserting('assertion-unsigned', 'An assertion with alg none', () => ({
    header: { alg: 'none' },
  })),
  asserting('assertion-of-another-key', 'An assertion that the attacker signed', (scene) => ({
    by: {
      ...scene.victim,
      signing: { key: scene.attackersKey, kid: scene.victim.signing?.kid ?? '' },
    },
  })),
  badAssertion('assertion-twice', 'A captured assertion, sent once more', async (scene) => {
    const captured = { assertion: { jti: 'captured' + crypto.randomUUID() } }
    await clientCredentials(scene, captured)
    return clientCredentials(scene, captured)
  }),
] as const

const byCertificate = attack('RFC8705-2.1', [401, 'invalid_client'])

export const certificates = [
  byCertificate(
    'certificate-missing',
    'A client that is known by its certificate, without it',
    (scene) => clientCredentials(scene, { by: scene.attacker, certificate: null }),
  ),
] as const
