import type { IncomingMessage } from 'node:http'

/**
 * One thing that a server does before a handler: enforce, answer a preflight, serve a document. A
 * step knows no framework; an adapter knows nothing else.
 *
 * @param target the request target as it was received, where a framework has cut off its own prefix
 */
export type Step<State> = (
  request: IncomingMessage,
  target?: string,
) => Outcome<State> | Promise<Outcome<State>>

/** The request goes on, with `state` for its handler and `headers` for its answer; or it ends here. */
export type Outcome<State> = Passed<State> | { readonly answer: Answer }

interface Passed<State> {
  readonly state: State
  readonly headers: { readonly [name: string]: string }
}

export interface Answer {
  readonly status: number
  /** A list is one field line for each of its members. */
  readonly headers: { readonly [name: string]: string | readonly string[] }
  /** Sent as JSON. Absent: no content (204). */
  readonly body?: object
}

/** What a step that has nothing to say to the handler leaves for it. */
export type Nothing = { readonly [name: string]: never }
export const PASSED: Passed<Nothing> = { state: {}, headers: {} }

/** The fields of an answer, as lists of lines. */
export const linesOf = (headers: Answer['headers']): readonly (readonly [string, string[]])[] =>
  Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === 'string' ? [value] : [...value],
  ])
