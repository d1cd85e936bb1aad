/** A lab that is up, and what a suite that stands before it shows: a certificate of the same CA. */
import { join } from 'node:path'
import { openAuthority } from '@holdfast/ca'
import { makePlace, type Place, type RunningLab, up } from '../program.ts'

export interface SuiteStage {
  readonly place: Place
  readonly lab: RunningLab
  readonly tls: { readonly cert: string; readonly key: string; readonly trust: string }
  /** File with the CA's root, in PEM. */
  readonly ca: string
  readonly close: () => Promise<void>
}

export async function setStage(): Promise<SuiteStage> {
  const place = await makePlace()
  const lab = await up(place)
  const authority = await openAuthority(place.certs)
  const { chain, key } = await authority.server('suite')
  return {
    place,
    lab,
    tls: { cert: chain, key, trust: authority.trust },
    ca: join(place.certs, 'root.certificate.pem'),
    close: async () => {
      await lab.stop()
      await place.remove()
    },
  }
}
