import { serve } from '../../src/servers/serving.ts'

interface Claims {
  readonly htu?: string
}

/** Looks at where a proof is for, and at nothing else of it. */
await serve(({ headers: { host, dpop } }, response) => {
  const [, payload = ''] = String(dpop).split('.')
  const { htu }: Claims = dpop ? JSON.parse(String(Buffer.from(payload, 'base64url'))) : {}
  response.writeHead(htu === `http://${host}/accounts` ? 200 : 401).end()
})
