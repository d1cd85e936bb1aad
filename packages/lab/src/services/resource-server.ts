/** The lab's API in a process of its own, and its management. */
import { logDecisions } from '@holdfast/resource-server/log'
import { pino } from 'pino'
import { configuredAddresses } from '../addresses.ts'
import { validateCertificates } from '../servers/certificate-validation.ts'
import { opener, resourceServerDoors, serveResourceServer } from '../servers/doors.ts'
import { readIntrospector } from '../servers/prepare.ts'
import { makeResourceServer } from '../servers/resource-server.ts'
import { runService } from '../servers/service.ts'
import { keepMemory } from '../store/open.ts'

await runService(async (configuration, closing) => {
  const addresses = configuredAddresses(configuration)
  const validation = await validateCertificates(configuration, addresses.certificateStatus)
  closing.defer(async () => validation.close())
  const memory = await keepMemory(configuration, closing)
  const introspector = await readIntrospector(configuration)
  const made = makeResourceServer(
    { resource: addresses.resource, introspector, validation },
    {
      memory,
      observe: logDecisions(pino()),
      browserOrigins: [addresses.console, ...configuration.browserOrigins],
    },
  )
  closing.defer(made.close)
  const doors = await resourceServerDoors(opener(configuration, closing))
  serveResourceServer(doors, made)
  return [addresses.resource, addresses.resourceServerManagement]
})
