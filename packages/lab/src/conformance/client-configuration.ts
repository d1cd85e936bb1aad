/** A plan run for our client: what the suite, which plays the servers, is told of it. */
import type { JsonWebKey } from 'node:crypto'
import type { ClientMaterial } from '@holdfast/client'
import { z } from 'zod'
import { redirectUriOf } from '../addresses.ts'
import { keyOf, publicPart } from '../clients/clients.ts'
import { kept, type Making } from './making.ts'
import type { PlanRun } from './plans.ts'
import { scopeOf, subjectOf } from './registration.ts'

export interface ClientConfiguration {
  readonly alias: string
  readonly description: string
  /** The suite's, private: with it the server that it plays signs. */
  readonly server: { readonly jwks: Keys }
  readonly client: {
    readonly client_id: string
    readonly scope: string
    readonly redirect_uri: string
    /** Public. */
    readonly jwks: Keys
    readonly certificate: string
  }
  /** Seconds without a request, after which a client that should stop has done so. */
  readonly waitTimeoutSeconds: number
}

interface Keys {
  readonly keys: readonly [JsonWebKey]
}

/** Issuer and trust are the module's to tell. */
export type OurClient = Omit<ClientMaterial, 'issuer' | 'trust'>

/** Its private key is no business of the suite's, and in a file of its own. */
export const keyFileOf = (file: string): string => file.replace(/\.json$/, '.key.json')

export async function forOurClient(
  run: PlanRun,
  { authority, addresses, newKey, file }: Making,
): Promise<{ readonly configuration: ClientConfiguration; readonly client: OurClient }> {
  const id = run.label
  const present = await kept(keyFileOf(file), ownKey)
  const key = keyOf(present && { key: present }, id)
  const { certificate, chain, key: itsKey } = await authority.client(id, { subject: subjectOf(id) })
  const known = await kept(file, earlier)
  const redirectUri = redirectUriOf(addresses)
  return {
    client: {
      clientId: id,
      authentication: run.authentication,
      binding: run.binding,
      redirectUri,
      key,
      certificate: { chain, key: itsKey },
    },
    configuration: {
      alias: run.label,
      description: `Holdfast: ${run.label}`,
      server: { jwks: { keys: [known?.server.jwks.keys[0] ?? (await newKey(1))] } },
      client: {
        client_id: id,
        scope: scopeOf(run),
        redirect_uri: redirectUri,
        jwks: { keys: [publicPart(key)] },
        certificate,
      },
      waitTimeoutSeconds: 5,
    },
  }
}

const ownKey = z.looseObject({
  kty: z.literal('EC'),
  d: z.string(),
  alg: z.literal('ES256'),
  kid: z.string(),
})
const earlier = z.object({
  server: z.object({
    jwks: z.object({ keys: z.tuple([z.looseObject({ kty: z.literal('RSA'), d: z.string() })]) }),
  }),
})
