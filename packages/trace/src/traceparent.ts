/** W3C Trace Context, level 1: the `traceparent` field. */

export interface TraceContext {
  readonly trace: string
  readonly span: string
}

const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/
const ALL_ZERO = /^0+$/

/** `undefined` for anything that is not a valid version 00 field (§3.2.2). */
export function parseTraceparent(value: string | undefined): TraceContext | undefined {
  const [, trace, span] = FORM.exec(value ?? '') ?? []
  if (!trace || !span || ALL_ZERO.test(trace) || ALL_ZERO.test(span)) return undefined
  return { trace, span }
}

export const formatTraceparent = ({ trace, span }: TraceContext): string => `00-${trace}-${span}-01`

export const newTrace = (): TraceContext => ({ trace: hex(16), span: hex(8) })

/** The next exchange of the same trace. */
export const nextSpan = ({ trace }: { readonly trace: string }): TraceContext => ({
  trace,
  span: hex(8),
})

function hex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex')
}
