/** Sets the stage of the lab for the attackers: honest tokens, and what they hold themselves. */
import { createPrivateKey } from 'node:crypto'
import { type JwtEdit, resign, type Stage } from '@holdfast/attacks'
import { readKeys } from '@holdfast/authorization-server'
import { openAuthority } from '@holdfast/ca'
import {
  caAsClient,
  expired,
  notYetValid,
  renewedWithSameKey,
  selfSignedTwin,
  twin,
  wrongPurpose,
} from '@holdfast/ca/fixtures'
import { type FapiClient, generateProofKey } from '@holdfast/client'
import { newTrace } from '@holdfast/trace'
import { resourcesOf } from '../addresses.ts'
import { connectAs } from './as-client.ts'
import type { Attached } from '../attach.ts'
import { decodeJwt } from '../tell/jwt.ts'

export async function makeStage(lab: Attached): Promise<Stage> {
  const { jwt, opaque } = resourcesOf(lab.addresses.resource)
  const context = newTrace()
  const dpop = await connectAs(lab, 'private-key-jwt-dpop', context)
  const mtls = await connectAs(lab, 'tls-client-auth-mtls', context)
  const attacker = await lab.material('private-key-jwt-mtls')
  const ask = async (client: FapiClient, resource: string, scope = 'accounts') =>
    (await client.clientCredentials({ scope, resource })).access_token
  const { certificate } = mtls.material
  if (!dpop.proofKey || !certificate || !attacker.certificate)
    throw new Error('the lab’s clients lack a key or a certificate')

  const authority = await openAuthority(lab.folders.certs)
  const honest = { certificate: certificate.chain, ...certificate }
  const token = await ask(mtls, jwt)
  const stage: Stage = {
    url: `${jwt}/accounts`,
    opaqueUrl: `${opaque}/accounts`,
    trust: authority.trust,
    dpop: { token: await ask(dpop, jwt), key: dpop.proofKey },
    secondToken: await ask(dpop, jwt),
    narrowToken: await ask(dpop, jwt, 'payments'),
    opaqueToken: await ask(dpop, opaque),
    mtls: { token, certificate },
    attacker: { key: await generateProofKey('ES256'), certificate: attacker.certificate },
    certificates: {
      twin: await twin(authority, honest),
      renewed: await renewedWithSameKey(authority, honest),
      expired: await expired(authority, honest),
      notYetValid: await notYetValid(authority, honest),
      selfSigned: await selfSignedTwin(authority, honest),
      forServers: await wrongPurpose(authority, honest),
      authority: await caAsClient(authority, honest),
    },
    forge: (edit) => forge(lab, token, edit),
  }
  await dpop.close()
  await mtls.close()
  return stage
}

/** Signs with the authorization server's own key, as only the owner of the lab can. */
async function forge(lab: Attached, honest: string, edit: JwtEdit): Promise<string> {
  const kid = decodeJwt(honest)?.header['kid']
  const { signing } = await readKeys(lab.keyStore)
  const jwk = signing.find((key) => key.kid === kid)
  const privateKey = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
  return resign({ privateKey, publicJwk: { kty: 'EC' }, alg: 'ES256' }, honest, edit)
}
