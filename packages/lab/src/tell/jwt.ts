/** Reads a JWT without believing it. */

export interface Decoded {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

const COMPACT = /^([\w-]+)\.([\w-]+)\.[\w-]*$/

export function decodeJwt(text: string): Decoded | undefined {
  const [, header, payload] = COMPACT.exec(text) ?? []
  const [parameters, claims] = [parse(header), parse(payload)]
  return parameters && claims ? { header: parameters, claims } : undefined
}

function parse(segment: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment ?? '', 'base64url').toString())
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
