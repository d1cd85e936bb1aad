/** Sets the stage of the lab for those who attack the authorization server: clients, and an end-user. */
import type { IssuerStage, Party } from '@holdfast/attacks'
import { openAuthority } from '@holdfast/ca'
import * as fixtures from '@holdfast/ca/fixtures'
import { approve, approveDevice, decide, generateProofKey, openConnection } from '@holdfast/client'
import { resourcesOf } from '../addresses.ts'
import type { Attached } from '../attach.ts'
import { clientFolder, CLIENTS, metadataOf, PROFILE_CLIENTS } from '../clients/clients.ts'
import { asProofKey, signingKey } from '../clients/signing-key.ts'
import { softwareStatement } from '../clients/software-statements.ts'
import { USER } from './log-in.ts'

const byName = { ...fixtures }

const VICTIM = 'private-key-jwt-dpop'
const ATTACKER = 'tls-client-auth-dpop'

export async function makeIssuerStage(lab: Attached): Promise<IssuerStage> {
  const { issuer, resource } = lab.addresses
  const { jwt, opaque } = resourcesOf(resource)
  const { trust } = await lab.material(VICTIM)
  const browse = async <T>(
    visit: (fetch: ReturnType<typeof openConnection>['fetch']) => Promise<T>,
  ) => {
    const { fetch, close } = openConnection({ trust })
    return visit(fetch).finally(() => void close())
  }
  return {
    issuer,
    trust,
    resource: jwt,
    otherResource: opaque,
    victim: await partyOf(lab, VICTIM),
    attacker: await partyOf(lab, ATTACKER),
    attackersKey: await generateProofKey('ES256'),
    signer: await partyOf(lab, PROFILE_CLIENTS.message_signing.id),
    ciba: await partyOf(lab, PROFILE_CLIENTS.ciba.id),
    bound: await partyOf(lab, 'private-key-jwt-mtls'),
    named: await partyOf(lab, 'tls-client-auth-mtls'),
    selfSigned: await partyOf(lab, 'self-signed-mtls'),
    imitate: async (how, { certificate }) => {
      if (!certificate) throw new Error('there is no certificate to imitate')
      const authority = await openAuthority(lab.folders.certs)
      return byName[how](authority, { certificate: certificate.chain, ...certificate })
    },
    softwareStatement: async () => {
      const client = CLIENTS.find(({ id }) => id === VICTIM)
      if (!client) throw new Error(`there is no client ${VICTIM}`)
      return softwareStatement(lab.folders.state, metadataOf(client, await lab.material(VICTIM)))
    },
    approve: (url, redirectUri) =>
      browse((fetch) => approve(url, { fetch, user: USER, redirectUri })),
    approveDevice: (url) => browse((fetch) => approveDevice(url, { fetch, user: USER })),
    approveElsewhere: (bindingMessage) =>
      browse((fetch) =>
        decide(`${issuer}/approvals`, { fetch, user: USER, bindingMessage, decision: 'allow' }),
      ),
  }
}

/** A client of the lab, with all that it holds and a new key for its proofs. */
export async function partyOf(lab: Attached, id: string): Promise<Party> {
  const { addresses, folders, material: read } = lab
  const material = await read(id)
  const { clientId, redirectUri, authentication, binding, certificate } = material
  const signs = authentication === 'private_key_jwt'
  const key = signs ? await signingKey(clientFolder(folders.state, id), material) : undefined
  return {
    clientId,
    redirectUri,
    base: certificate ? addresses.mtlsAlias : addresses.issuer,
    ...(certificate && { certificate }),
    ...(key && { signing: { key: asProofKey(key), kid: String(key['kid']) } }),
    ...(binding === 'dpop' && { key: await generateProofKey('ES256') }),
  }
}
