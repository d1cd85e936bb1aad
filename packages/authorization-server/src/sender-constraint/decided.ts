import type { Decision, Proof } from '@holdfast/sender-constraint'

/** What our rows said of a request, for those that come after: the trace, the adapter, the library. */
interface Decided {
  readonly decision: Decision
  /** The proof, if every row holds for it. */
  readonly proof?: Proof
}

const decisions = new WeakMap<object, Decided>()

export const decidedOn = (ctx: object | undefined): Decided | undefined => ctx && decisions.get(ctx)

export function decide(ctx: object, decided: Decided): void {
  decisions.set(ctx, decided)
}
