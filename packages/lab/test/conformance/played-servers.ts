/** The servers that a suite plays before a client: ours, and a relay that changes what one of them says. */
import { join } from 'node:path'
import { registerClient, removeClient } from '@holdfast/authorization-server'
import { addressesOf } from '../../src/addresses.ts'
import type { ClientConfiguration } from '../../src/conformance/client-configuration.ts'
import { readConfiguration } from '../../src/configuration.ts'
import { PLAN_RUNS } from '../../src/conformance/plans.ts'
import { registrationOf } from '../../src/conformance/registration.ts'
import { type Closing, opening } from '../../src/servers/closing.ts'
import { serveAuthorizationServer, serveResourceServer } from '../../src/servers/doors.ts'
import { layFoundations, openDoors } from '../foundations.ts'
import { type Fault, startRelay } from './relay.ts'
import { failed, type Module, passed, waiting } from './standing-suite.ts'
import type { SuiteStage } from './suite-stage.ts'

export interface PlayedServers {
  readonly play: (module: string, configuration: ClientConfiguration) => Promise<Module>
  readonly close: () => Promise<void>
}

/** The stage's CA is theirs as well. */
interface Setting extends Pick<SuiteStage, 'place' | 'tls'> {
  readonly faults: Readonly<Record<string, Fault>>
}

/** A module that is called as a fault sends it; each other passes when the API has been called. */
export const startPlayedServers = (setting: Setting): Promise<PlayedServers> =>
  opening((closing) => start(setting, closing))

async function start({ place, tls, faults }: Setting, closing: Closing): Promise<PlayedServers> {
  const configuration = readConfiguration({
    certs: place.certs,
    state: join(place.temporary, 'played'),
    ephemeral: true,
  })
  const doors = await openDoors(configuration, closing)
  const behind = `https://localhost:${doors.authorizationServer.port}`
  const relay = await startRelay({ tls, trust: tls.trust, behind })
  closing.defer(relay.close)
  const addresses = { ...addressesOf(configuration, doors), issuer: relay.url }
  const { keyStore, makeNode, makeApi } = await layFoundations(configuration, addresses, closing)
  serveAuthorizationServer(doors, await makeNode())
  const api = await makeApi()
  let calls = 0
  serveResourceServer(doors, {
    ...api,
    listener: (request, response) => {
      calls++
      api.listener(request, response)
    },
  })

  return {
    play: async (module, { alias, client }) => {
      const { client_id: id, jwks, redirect_uri } = client
      const run = PLAN_RUNS.find(({ label }) => label === alias)!
      const registration = registrationOf(run, { id, key: jwks.keys[0] }, redirect_uri)
      await registerClient(keyStore.records, registration)
      if (module === 'knows-nobody') await removeClient(keyStore.records, id)
      const fault = faults[module]
      relay.change(fault)
      calls = 0
      const happy = () => (calls > 0 ? passed : waiting)
      const silent = () => {
        const asked = relay.askedSince()
        if (!asked) return waiting
        return calls === 0 && asked.every((path) => path === '/jwks') ? passed : failed
      }
      return {
        ending: fault ? silent : happy,
        exposed: { issuer: addresses.issuer, accounts_endpoint: `${addresses.resource}/accounts` },
      }
    },
    close: () => closing.close(),
  }
}
