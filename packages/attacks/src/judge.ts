import type { Attack } from './api/attack.ts'
import { valuesOf, type WireResponse } from './wire.ts'

/** What became of an attack. */
export interface Judgement {
  /** Refused with the status and the error of the catalogue, by its clause where the target names it. */
  readonly refused: boolean
  /** What was answered, in a few words. */
  readonly actual: string
}

const CLAUSE = /^([A-Z][A-Z\d]+-[\w.-]+): /
const ERROR = /\berror="([^"]*)"/

/** What of an attack says whether it was refused as it should be. */
type Judged = { readonly [member in 'answer']: Attack[member] } & { readonly clause: string }

/** @param explained does the target name the clause in `error_description`, as the lab does? */
export function judge(attack: Judged, response: WireResponse, explained: boolean): Judgement {
  const { status, error, clause } = readAnswer(response)
  const expected = attack.answer
  const refused =
    status === expected.status &&
    error === expected.error &&
    (!explained || clause === attack.clause)
  return { refused, actual: [status, error, clause].filter((part) => part !== undefined).join(' ') }
}

/** The OAuth error: from the body, which must not contradict the challenges. */
export function readAnswer(response: WireResponse): {
  readonly status: number
  readonly error?: string
  readonly clause?: string
} {
  const body = parse(response.body)
  const challenged = valuesOf(response, 'www-authenticate')
    .map((line) => ERROR.exec(line)?.[1])
    .find((found) => found !== undefined)
  const error = typeof body['error'] === 'string' ? body['error'] : undefined
  const consistent = challenged === undefined || challenged === error
  const clause = CLAUSE.exec(String(body['error_description']))?.[1]
  return {
    status: response.status,
    ...(error !== undefined && { error: consistent ? error : `${error}≠${challenged}` }),
    ...(clause !== undefined && { clause }),
  }
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body))
  } catch {
    return {}
  }
}
