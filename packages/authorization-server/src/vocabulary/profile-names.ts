/** What a client can be registered with; what each asks stands in profiles/profiles.ts. */
export const PROFILE_NAMES = [
  'fapi2-security-profile',
  'fapi2-message-signing',
  'fapi-ciba',
  'ciba-dpop',
  'compat-oauth2c',
  'post-quantum',
] as const

export type ProfileName = (typeof PROFILE_NAMES)[number]

export const DEFAULT_PROFILE: ProfileName = 'fapi2-security-profile'

export const isProfile = (name: unknown): name is ProfileName =>
  PROFILE_NAMES.some((known) => known === name)
