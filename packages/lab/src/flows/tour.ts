/** Everything once: every flow, every attack that a lab can be shown as it is, and the honest requests again. */
import { type Scene, setIssuerScene, setScene } from '@holdfast/attacks'
import type { Attached } from '../attach.ts'
import { AUTHENTICATIONS, CLIENTS, type LabClient, PROFILE_CLIENTS } from '../clients/clients.ts'
import { CONSENT_FLOWS } from './consent-flows.ts'
import { ENDING_FLOWS } from './ending-flows.ts'
import { type FlowResult, runFlow } from './flows.ts'
import { type Grant, GRANTS, PROFILE_FLOWS } from './grants.ts'
import { makeIssuerStage } from './issuer-stage.ts'
import { makeStage } from './stage.ts'
import { type AttackResult, ON_THE_API, ON_THE_SERVER, playAttacks } from './attacks.ts'
import { bad, bold, column, dim, type Tell, tick } from '../tell/terminal.ts'

export interface TourResult {
  readonly flows: readonly (FlowResult | FailedFlow)[]
  readonly attacks: readonly AttackResult[]
  readonly honest: readonly { readonly binding: string; readonly status: number }[]
  readonly milliseconds: number
  readonly ok: boolean
}

interface FailedFlow {
  readonly grant: Grant
  readonly client: LabClient
  readonly ok: false
  readonly error: string
}

export async function tour(lab: Attached, tell: Tell): Promise<TourResult> {
  const start = performance.now()
  const flows = await tourFlows(lab, tell)
  const scene = await setScene(await makeStage(lab))
  tell(bold('Attacks on the API: an honest request with one edit, refused by its own clause'))
  const onApi = await playAttacks(ON_THE_API, scene, tell)
  tell(bold('Attacks on the authorization server'))
  const issuerScene = await setIssuerScene(await makeIssuerStage(lab))
  const attacks = [...onApi, ...(await playAttacks(ON_THE_SERVER, issuerScene, tell))]
  const honest = await tourHonest(scene, tell)
  const milliseconds = Math.round(performance.now() - start)
  const ok = [...flows, ...attacks].every((result) => result.ok) && honest.every(isServed)
  tell(summary({ flows, attacks, honest, milliseconds, ok }))
  return { flows, attacks, honest, milliseconds, ok }
}

const AUTHENTICATION_WIDTH = 29
const CELL = 20

async function tourFlows(lab: Attached, tell: Tell): Promise<TourResult['flows']> {
  tell(bold('Every grant, with every client authentication and both sender constraints'))
  const grants = await tourClients(lab, tell, GRANTS)
  tell(bold('What a request can ask besides: the consent to just one payment, and a better login'))
  const consents = await tourClients(lab, tell, CONSENT_FLOWS)
  tell(
    bold(
      'What ends: a grant, by its client or its end-user; a session; a client that registered itself',
    ),
  )
  const endings = await tourClients(lab, tell, ENDING_FLOWS)
  return [...grants, ...consents, ...endings, ...(await tourProfiles(lab, tell))]
}

async function tourClients(
  lab: Attached,
  tell: Tell,
  grants: readonly Grant[],
): Promise<TourResult['flows']> {
  tell(
    dim(`  ${column('', AUTHENTICATION_WIDTH + 6)}${grants.map((g) => column(g, CELL)).join('')}`),
  )
  const results: (FlowResult | FailedFlow)[] = []
  for (const method of AUTHENTICATIONS) {
    const clients = CLIENTS.filter(({ authentication }) => authentication === method)
    // At once: a device waits between its polls, and an API is told of an end within a second. No more
    // than these, or one process with every server in it has no time to answer.
    const rows = await Promise.all(
      clients.map((client) => Promise.all(grants.map((grant) => attempt(lab, grant, client)))),
    )
    for (const [index, { authentication, binding }] of clients.entries()) {
      const row = rows[index] ?? []
      const name = column(authentication, AUTHENTICATION_WIDTH) + column(binding, 6)
      tell(`  ${name}${row.map(cell).join('')}`)
      for (const failed of row)
        if ('error' in failed) tell(bad(`    ${failed.grant}: ${failed.error}`))
      results.push(...row)
    }
  }
  tell()
  return results
}

async function tourProfiles(lab: Attached, tell: Tell): Promise<TourResult['flows']> {
  tell(bold('And what further profiles add'))
  const results: (FlowResult | FailedFlow)[] = []
  for (const flow of PROFILE_FLOWS) {
    const client = PROFILE_CLIENTS[flow]
    const result = await attempt(lab, flow, client)
    tell(
      `  ${column(client.profile, AUTHENTICATION_WIDTH)}${column(client.binding, 6)}${cell(result)}`,
    )
    if ('error' in result) tell(bad(`    ${flow}: ${result.error}`))
    results.push(result)
  }
  tell()
  return results
}

async function attempt(
  lab: Attached,
  grant: Grant,
  client: LabClient,
): Promise<FlowResult | FailedFlow> {
  try {
    return await runFlow(lab, { grant, client, form: 'jwt' })
  } catch (error) {
    return { grant, client, ok: false, error: error instanceof Error ? error.message : 'unknown' }
  }
}

function cell(result: FlowResult | FailedFlow): string {
  const text = 'error' in result ? 'failed' : statusesOf(result)
  return `${tick(result.ok)} ${column(text, CELL - 2)}`
}

const statusesOf = ({ status, afterwards, cnf }: FlowResult): string =>
  `${afterwards === undefined ? status : `${status}→${afterwards}`} ${Object.keys(Object(cnf)).join()}`

const isServed = ({ status }: { readonly status: number }): boolean => status === 200

async function tourHonest(scene: Scene, tell: Tell): Promise<TourResult['honest']> {
  tell(bold('And the honest requests still work'))
  const requests = [
    ['DPoP', await scene.byDpop()],
    ['mutual TLS', scene.byMtls()],
  ] as const
  const results: { binding: string; status: number }[] = []
  for (const [binding, request] of requests) {
    const { status } = await scene.send(request)
    tell(`  ${tick(status === 200)} ${status} ${dim(`GET ${scene.url}`)} by ${binding}`)
    results.push({ binding, status })
  }
  tell()
  return results
}

function summary({ flows, attacks, milliseconds, ok }: TourResult): string {
  const count = (results: readonly { readonly ok: boolean }[]) =>
    `${results.filter((result) => result.ok).length} of ${results.length}`
  return `${tick(ok)} ${count(flows)} flows reach the API, ${count(attacks)} attacks are refused, in ${(milliseconds / 1000).toFixed(1)} s`
}
