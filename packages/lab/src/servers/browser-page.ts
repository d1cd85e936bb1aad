/** The page of the client's demo `tools/browser`, at the console's origin. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Router } from '@koa/router'
import type { Addresses } from '../addresses.ts'

type Servers = Pick<Addresses, 'issuer' | 'resource'>

const FILES = [
  ['', 'page.html', 'text/html'],
  ['/page.js', 'page.js', 'text/javascript'],
  ['/keys.js', 'keys.js', 'text/javascript'],
  ['/sign.js', 'sign.js', 'text/javascript'],
] as const

const fileOf = (name: string): string =>
  fileURLToPath(import.meta.resolve(`@holdfast/client/demos/tools/browser/${name}`))

/** A key that cannot leave the browser can still be used by any script of its page: only ours runs. */
const policyFor = ({ issuer, resource }: Servers): string =>
  [
    `default-src 'none'`,
    `script-src 'self'`,
    `connect-src 'self' ${issuer} ${resource}`,
    `frame-ancestors 'none'`,
    `base-uri 'none'`,
  ].join('; ')

export function browserPage(router: Router, addresses: Servers): void {
  for (const [path, name, type] of FILES)
    router.get(`/browser${path}`, async (ctx) => {
      ctx.set('Content-Security-Policy', policyFor(addresses))
      ctx.set('Cache-Control', 'no-store')
      ctx.set('Referrer-Policy', 'no-referrer')
      ctx.type = type
      ctx.body = await readFile(fileOf(name), 'utf8')
    })
  router.get('/browser/addresses', (ctx) => {
    const { issuer, resource } = addresses
    ctx.body = { issuer, resource }
  })
}
