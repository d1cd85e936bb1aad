/** FAPI2SP-5.4.1-1: for every signature, ours and the clients'. */
export const ALGORITHMS = ['PS256', 'ES256', 'EdDSA'] as const

export type Algorithm = (typeof ALGORITHMS)[number]
