import type { Facts } from '@holdfast/sender-constraint'

/** Reads one access token. Never rejects: what cannot be read or asked about is a value. */
export type TokenReader = (text: string) => Promise<NonNullable<Facts['token']>>
