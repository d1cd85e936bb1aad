/** A real browser, that trusts the servers of one lab and no other authority for them. */
import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { findProgram } from '../program.ts'

/** Where it is, if it is installed. */
export const CHROMIUM = findProgram('chromium', 'chromium-browser', 'google-chrome')

/** @param certs the lab's folder of certificates */
export async function startChromium(certs: string): Promise<Browser> {
  const servers = ['authorization-server', 'resource-server']
  const pins = await Promise.all(
    servers.map(async (server) => {
      const pem = await readFile(join(certs, `servers/${server}.chain.pem`))
      const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
      return createHash('sha256').update(spki).digest('base64')
    }),
  )
  return chromium.launch({
    ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }),
    args: [
      '--no-sandbox', // which does not work for root, as in containers; nothing foreign is opened
      '--disable-gpu',
      '--disable-background-networking',
      `--ignore-certificate-errors-spki-list=${pins.join(',')}`,
    ],
  })
}
