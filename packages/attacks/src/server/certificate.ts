/** Client authentication by certificate (RFC 8705 §2): others that look like the client's. */
import { clientCertOf } from '../wire.ts'
import { attack } from './attack.ts'
import { clientCredentials } from './requests.ts'
import type { Edit, Honest, Imitation, IssuerScene, Party } from './stage.ts'

const byName: Honest = (scene, edit) => clientCredentials(scene, { by: scene.named, ...edit })
const badName = attack('RFC8705-2.1', [401, 'invalid_client'], byName)

const named =
  (how: Imitation) =>
  async ({ named: of, imitate }: IssuerScene): Promise<Edit> => ({
    certificate: await imitate(how, of),
  })

export const names = [
  badName('certificate-missing', 'A client that is known by its certificate, without it', {
    certificate: null,
  }),
  badName(
    'certificate-in-a-header',
    'Its certificate in header fields, as only a proxy may send it',
    ({ named: { certificate } }) => ({ certificate: null, fields: inHeaders(certificate) }),
  ),
  badName(
    'certificate-of-another-client',
    'The certificate of another client, of the same authority',
    ({ attacker: { certificate = null } }) => ({ certificate }),
  ),
  badName(
    'certificate-with-a-confusable-name',
    'A certificate of the same authority, one value of whose name spells out the client’s name',
    named('nameInOneValue'),
  ),
  badName('certificate-expired', 'The client’s certificate, a day after its end', named('expired')),
  badName(
    'certificate-to-come',
    'The client’s certificate, a day before it begins',
    named('notYetValid'),
  ),
  {
    ...badName(
      'certificate-revoked',
      'The client’s certificate, which its authority has revoked',
      named('revoked'),
    ),
    revokes: true,
  },
  badName(
    'certificate-of-another-authority',
    'A certificate with the client’s name and serial number, and an authority with the name of ours',
    named('twin'),
  ),
  badName(
    'certificate-that-names-our-authority',
    'The same, which names our authority’s key as its signer’s and is sent with it',
    named('twinNamingOurKey'),
  ),
  badName(
    'certificate-signed-by-itself',
    'A certificate with the client’s name that no authority signed',
    named('selfSignedTwin'),
  ),
  badName(
    'certificate-for-servers',
    'A certificate with the client’s name, good for servers only',
    named('wrongPurpose'),
  ),
  badName(
    'certificate-of-an-authority',
    'A certificate with the client’s name that may sign others',
    named('caAsClient'),
  ),
] as const

const bySelf: Honest = (scene, edit) => clientCredentials(scene, { by: scene.selfSigned, ...edit })
const badSelf = attack('RFC8705-2.2', [401, 'invalid_client'], bySelf)

export const selfSigned = [
  badSelf('self-signed-missing', 'A client with a self-signed certificate, without it', {
    certificate: null,
  }),
  badSelf(
    'self-signed-with-another-key',
    'A self-signed certificate with the same name and serial number, of another key',
    async ({ selfSigned: of, imitate }) => ({ certificate: await imitate('selfSignedTwin', of) }),
  ),
  badSelf(
    'self-signed-not-registered',
    'A certificate of the same name and key that the client has not registered',
    async ({ selfSigned: of, imitate }) => ({
      certificate: await imitate('renewedWithSameKey', of),
    }),
  ),
] as const

/** As RFC 9440 says, and as products do. */
function inHeaders(certificate: Party['certificate']): NonNullable<Edit['fields']> {
  if (!certificate) throw new Error('this client has no certificate')
  const pem = encodeURIComponent(certificate.chain)
  return [clientCertOf(certificate), ['X-SSL-Client-Cert', pem], ['X-Client-Cert', pem]]
}
