import type { Configuration as ProviderConfiguration } from 'oidc-provider'
import type { House } from '../house.ts'
import { statusListUri } from './places.ts'
import { ownTokensOf, revoke } from './revocations.ts'

type Customizer = NonNullable<
  NonNullable<NonNullable<ProviderConfiguration['formats']>['customizers']>['jwt']
>

/**
 * The name of the record of a JWT. With a dot in it, which tokens that are no JWT have not, it is
 * nothing that could be presented: a `jti` is no secret.
 */
export const recordOf = (jti: string): string => `jwt.${jti}`

/**
 * The library keeps no record of a JWT: it could be neither revoked nor introspected. Here each gets
 * its place in a status list, and the record that an opaque token would have, named by its `jti`.
 */
export const listedAndRecorded =
  ({ configuration, records, places }: House): Customizer =>
  async (_ctx, token, parts) => {
    const { jti, iat, exp } = parts.payload
    const id = recordOf(String(jti))
    const place = await places.take()
    const uri = statusListUri(configuration.issuer, place.list)
    parts.payload['status'] = { status_list: { idx: place.idx, uri } }

    const client = String(token.clientId)
    const grant = 'grantId' in token ? token.grantId : undefined
    // Whoever ends a grant or a client removes it, and then ends the tokens that are recorded under
    // it. We record the token, and then look for what it came from: one of both sees the other.
    await records.upsert({
      kind: token.kind,
      id,
      payload: {
        ...Object.fromEntries(Object.entries(token)),
        jti: id,
        iat,
        exp,
        place,
        format: 'opaque',
      },
      expiresAt: Number(exp) * 1_000,
      grant: grant ?? ownTokensOf(client),
    })
    const origin =
      grant === undefined ? records.find('Client', client) : records.find('Grant', grant)
    if (await origin) return
    await revoke(records, [{ place, exp: Number(exp) }])
    await records.remove(token.kind, id)
  }
