/** What honest hops write, by hand: no code under test is used. */
import type { HopFormat } from '../src/index.ts'
import type { Pair } from './certificates.ts'
import type { Outgoing } from './stage.ts'

export type Lines = NonNullable<Outgoing['fields']>

export const der = ({ cert }: Pair): string => cert.replaceAll(/-----[^-]+-----|\s/g, '')
export const escaped = (...pairs: readonly Pair[]): string =>
  encodeURIComponent(pairs.map(({ cert }) => cert).join(''))

/** RFC 9440. */
export const clientCert = (leaf: Pair, ...chain: readonly Pair[]): Lines => [
  ['Client-Cert', `:${der(leaf)}:`],
  ...(chain.length > 0
    ? [['Client-Cert-Chain', chain.map((one) => `:${der(one)}:`).join(', ')] as const]
    : []),
]

/** An element of Envoy's, with the pairs and in the order of its own. */
export const element = (leaf: Pair, ...chain: readonly Pair[]): string =>
  [
    'By=spiffe://example/api',
    'Hash=468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688',
    `Cert="${escaped(leaf)}"`,
    ...(chain.length > 0 ? [`Chain="${escaped(leaf, ...chain)}"`] : []),
    String.raw`Subject="CN=\"a\", O=b\\;c"`,
  ].join(';')

const xfcc = (leaf: Pair, ...chain: readonly Pair[]): Lines => [
  ['X-Forwarded-Client-Cert', element(leaf, ...chain)],
]

/** nginx has no variable for the chain. */
export const nginx = (leaf: Pair): Lines => [['X-SSL-Client-Cert', escaped(leaf)]]

export const WRITTEN: Readonly<
  Record<HopFormat, (leaf: Pair, ...chain: readonly Pair[]) => Lines>
> = { 'client-cert': clientCert, xfcc, nginx }
