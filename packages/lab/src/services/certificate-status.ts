/** CRLs, OCSP and CA certificates in a process of their own: the only server with the CA's keys. */
import { statusListener } from '@holdfast/ca'
import { configuredAddresses } from '../addresses.ts'
import { opener } from '../servers/doors.ts'
import { preparePki } from '../servers/prepare.ts'
import { runService } from '../servers/service.ts'

await runService(async (configuration, closing) => {
  const { certificateStatus } = configuredAddresses(configuration)
  const authority = await preparePki(configuration)
  const door = await opener(configuration, closing)('certificateStatus')
  door.serve(statusListener(authority))
  return [certificateStatus]
})
