/** A stage behind a reverse proxy, which is known by the name in its certificate. */
import type { X509Certificate } from 'node:crypto'
import type { HopFormat } from '../src/index.ts'
import { makeCertificates, makeMore, type Pair, x5t } from './certificates.ts'
import type { Lines } from './forwarding.ts'
import { raise, type Scenery, type Stage } from './stage.ts'

export const certificates = makeCertificates()
export const more = makeMore(certificates)

const isHop = ({ subject }: X509Certificate): boolean => subject === 'CN=hop.example'

export const hopStage = (format: HopFormat, route: Scenery['route'] = {}): Promise<Stage> =>
  raise({ certificates, explain: true, route: { hops: { isHop, format }, ...route } })

/** A token that is bound to a certificate, as it is presented. */
export const bound = async (stage: Stage, pair: Pair): Promise<Lines> => [
  ['Authorization', `Bearer ${await stage.token({ cnf: { 'x5t#S256': x5t(pair) } })}`],
]
