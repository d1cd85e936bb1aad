import { type Fields, Recent, valuesOf } from '@holdfast/sender-constraint'
import type { Cache } from '../cache.ts'
import { present, type Presented } from '../presented.ts'
import type { Parsed } from './certificates.ts'
import { fromClientCert } from './client-cert.ts'
import type { HopFormat } from './hops.ts'
import { fromNginx } from './nginx.ts'
import { fromXfcc } from './xfcc.ts'

interface Format {
  /** The one field that holds the client's own certificate. */
  readonly field: string
  /** The field that holds what came with it, where there is one. */
  readonly chain?: string
  readonly parse: (leaf: string, chain: readonly string[]) => Parsed
}

const FORMATS: Readonly<Record<HopFormat, Format>> = {
  'client-cert': { field: 'client-cert', chain: 'client-cert-chain', parse: fromClientCert },
  xfcc: { field: 'x-forwarded-client-cert', parse: fromXfcc },
  nginx: { field: 'x-ssl-client-cert', parse: fromNginx },
}

/** Characters. A certificate for ML-DSA-87 takes 14,000 as escaped PEM. */
const LONGEST = 48 * 1024

/** A text is parsed once while it is in use; each takes a few kilobytes. */
const kept = new Recent<Presented>(1_000)

export const forwardedCertificates: Cache = {
  name: 'forwarded certificates',
  figures: () => kept.figures,
}

/**
 * The client's certificate, as our hop forwards it in the fields of its format; nothing else is
 * looked at. No field means no certificate: the hop's own is never the client's (RFC 9440 §2.4).
 */
export function forwardedCertificate(
  fields: Fields,
  format: HopFormat,
): Presented | { readonly malformed: string } | undefined {
  const { field, chain: chainField = '', parse } = FORMATS[format]
  const [leaf, ...more] = valuesOf(fields, field)
  const chain = valuesOf(fields, chainField)
  if (leaf === undefined)
    return chain.length > 0 ? { malformed: `${chainField} without ${field}` } : undefined
  if (more.length > 0) return { malformed: `${more.length + 1} fields ${field}` }
  const text = [format, leaf, ...chain].join('\n')
  if (text.length > LONGEST) return { malformed: `more than ${LONGEST} characters` }
  const known = kept.get(text)
  if (known) return known
  const parsed = parse(leaf, chain)
  if ('malformed' in parsed) return parsed
  const presented = present(parsed.leaf, parsed.intermediates)
  kept.keep(text, presented)
  return presented
}
