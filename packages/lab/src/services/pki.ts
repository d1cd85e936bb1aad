/**
 * Makes what the services find: certificates, the clients' material, the provisioned records. Then
 * it ends. The only process that has the authority's keys; run again, it keeps what is there.
 */
import { configuredAddresses } from '../addresses.ts'
import { readConfiguration } from '../configuration.ts'
import { keyStoreOf } from '../servers/key-store.ts'
import { isFirst, prepareClients, preparePki } from '../servers/prepare.ts'
import { told } from '../servers/service.ts'
import { openMemory, openRecords } from '../store/open.ts'

await told(async () => {
  const configuration = readConfiguration()
  const addresses = configuredAddresses(configuration)
  const authority = await preparePki(configuration)
  const first = { nothingUsedBefore: isFirst(configuration) }
  const records = await openRecords(configuration, first)
  const memory = await openMemory(configuration, first)
  try {
    const keyStore = await keyStoreOf(configuration, records)
    await prepareClients(configuration, addresses, authority, keyStore)
  } finally {
    await records.close()
    await memory.close()
  }
  const { certs, state } = configuration
  process.stdout.write(`certificates are in ${certs}, clients in ${state}/clients\n`)
})
