import type { ClauseId } from '@holdfast/sender-constraint'
import type { Configuration as ProviderConfiguration, KoaContextWithOIDC } from 'oidc-provider'
import type { House } from '../house.ts'
import { offeredBy, PROFILES } from './profiles.ts'
import type { IssuedToken, Requirement } from './requirement.ts'
import { SECURITY_PROFILE } from './security-profile.ts'

/** The requirements of the profiles on offer, folded into what the library takes. */
export function providerConfiguration(house: House): ProviderConfiguration {
  const { profiles } = house.configuration
  const offered = offeredBy(house.configuration, house.rowsOut)
  const all = new Set<Requirement>([
    ...SECURITY_PROFILE,
    ...profiles.flatMap((name): readonly Requirement[] => PROFILES[name].rows),
  ])
  const rows = [...all].filter(({ clause }) => !house.rowsOut.has(clause))
  const folded: Tree = {}
  for (const { clause, sets } of rows) fold(folded, { ...sets?.(house, offered) }, clause)
  const speaking = rows.flatMap(({ tokenClaims }) => tokenClaims ?? [])
  folded['extraTokenClaims'] = async (ctx: KoaContextWithOIDC, token: IssuedToken) =>
    Object.assign({}, ...speaking.map((claims) => claims(ctx, offered, token)))
  return folded
}

interface Tree {
  [key: string]: unknown
}

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function fold(into: Tree, from: Tree, clause: ClauseId): void {
  for (const [key, value] of Object.entries(from)) {
    const there = into[key]
    if (isTree(there) && isTree(value)) fold(there, value, clause)
    else if (there !== undefined) throw new Error(`${clause} sets ${key}, which is set already`)
    else into[key] = isTree(value) ? { ...value } : value
  }
}
