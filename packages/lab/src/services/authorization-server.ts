/** The authorization server in a process of its own: issuer, mTLS alias, management. */
import { logOutcomes } from '@holdfast/authorization-server/log'
import { pino } from 'pino'
import { configuredAddresses } from '../addresses.ts'
import { makeAuthorizationServer } from '../servers/authorization-server.ts'
import { validateCertificates } from '../servers/certificate-validation.ts'
import { authorizationServerDoors, opener, serveAuthorizationServer } from '../servers/doors.ts'
import { keyStoreOf } from '../servers/key-store.ts'
import { readServerTls } from '../servers/prepare.ts'
import { runService } from '../servers/service.ts'
import { statementIssuer } from '../clients/software-statements.ts'
import { keepMemory, keepRecords } from '../store/open.ts'

await runService(async (configuration, closing) => {
  const addresses = configuredAddresses(configuration)
  const records = await keepRecords(configuration, closing)
  const validation = await validateCertificates(configuration, addresses.certificateStatus)
  closing.defer(async () => validation.close())
  const keyStore = await keyStoreOf(configuration, records)
  const { trust } = await readServerTls(configuration, 'authorization-server')
  const made = await makeAuthorizationServer(
    {
      addresses,
      keyStore,
      memory: await keepMemory(configuration, closing),
      validation,
      trust,
      statementIssuer: await statementIssuer(configuration.state),
      browserOrigins: configuration.browserOrigins,
    },
    { audit: logOutcomes(pino()) },
  )
  closing.defer(async () => made.close())
  const doors = await authorizationServerDoors(opener(configuration, closing))
  serveAuthorizationServer(doors, made)
  return [addresses.issuer, addresses.mtlsAlias, addresses.authorizationServerManagement]
})
