/** A client of the lab, with everything that it sends and gets in the trace. */
import {
  certificateThumbprint,
  type ClientMaterial,
  connect,
  type ConnectOptions,
  type FapiClient,
  thumbprint,
} from '@holdfast/client'
import type { TraceContext } from '@holdfast/trace'
import type { Attached } from '../attach.ts'
import { observed } from './observe.ts'

type How = TraceContext & Pick<ConnectOptions, 'messageSigning'>

/** One of the lab's, or of somebody's, by its name. */
export const connectAs = async (lab: Attached, id: string, how: How): Promise<FapiClient> =>
  connectWith(lab, await lab.material(id), how)

export async function connectWith(
  lab: Attached,
  material: ClientMaterial,
  { messageSigning = false, ...context }: How,
): Promise<FapiClient> {
  const { certificate } = material
  const thumbprintOf = certificate && certificateThumbprint(certificate.chain)
  return connect(material, {
    messageSigning,
    fetch: observed(context, lab.report, {
      by: 'client',
      // The issuer's own address asks for no certificate, so none is shown there.
      certificateFor: (url) =>
        new URL(url).origin === lab.addresses.issuer ? undefined : thumbprintOf,
    }),
  })
}

/** What `cnf` must hold for this client, by the client's own reckoning. */
export function confirmationOf({
  material,
  proofKey,
}: FapiClient): Readonly<Record<string, string>> {
  if (proofKey) return { jkt: thumbprint(proofKey.publicJwk) }
  return { 'x5t#S256': certificateThumbprint(material.certificate?.chain ?? '') }
}
