import type { Answer } from './answer.ts'
import type { ClauseId } from './clause.ts'
import type {
  AccessToken,
  ClientCertificate,
  Facts,
  JwtToken,
  OpaqueToken,
  Proof,
} from './facts.ts'
import type { Policy } from './policy.ts'

/** Why a check does not hold, for the trace and the log. Never holds a token, a proof or a key. */
export interface Mismatch {
  readonly expected: string
  readonly actual: string
}

/** Decides one clause. Pure, synchronous, total. */
export type Check<F extends Facts = Facts> = (facts: F, policy: Policy) => Mismatch | undefined

/** A check, the clause it decides, the clause in our words, and the answer if it does not hold. */
export interface Row<Id extends ClauseId = ClauseId> {
  readonly clause: Id
  /** What the row is about: it applies to requests that have such a thing. */
  readonly subject: Subject
  readonly sentence: string
  /** Pure rows read what the request presented; effect rows read what the memory answered. */
  readonly stage: 'pure' | 'effect'
  readonly answer: Answer
  /** Has the request what this clause speaks of? */
  readonly applies: (facts: Facts) => boolean
  /** `undefined`: the clause holds, or does not apply. */
  readonly decide: (facts: Facts, policy: Policy) => Mismatch | undefined
}

/** What a request must have for the rows of a subject to apply to it. */
interface Subjects {
  readonly request: Facts
  readonly named: Facts & {
    readonly request: { readonly named: NonNullable<Facts['request']['named']> }
  }
  readonly forwarded: Facts & { readonly forwarding: NonNullable<Facts['forwarding']> }
  readonly token: Facts & { readonly token: AccessToken }
  readonly jwt: Facts & { readonly token: JwtToken }
  readonly opaque: Facts & { readonly token: OpaqueToken }
  readonly dpop: Facts & { readonly dpop: NonNullable<Facts['dpop']> }
  readonly proof: Facts & { readonly dpop: { readonly proof: Proof } }
  readonly proofWithToken: Facts & {
    readonly token: AccessToken
    readonly dpop: { readonly proof: Proof }
  }
  readonly certificate: Facts & { readonly certificate: ClientCertificate }
  readonly memory: Facts
}

type Subject = keyof Subjects

const isToken = ({ token }: Facts): boolean => token?.form === 'jwt' || token?.form === 'opaque'
const isProof = ({ dpop }: Facts): boolean => dpop?.proof?.form === 'proof'

const present: { readonly [S in Subject]: (facts: Facts) => facts is Subjects[S] } = {
  request: (facts): facts is Subjects['request'] => facts !== undefined,
  named: (facts): facts is Subjects['named'] => facts.request.named !== undefined,
  forwarded: (facts): facts is Subjects['forwarded'] => facts.forwarding !== undefined,
  token: (facts): facts is Subjects['token'] => isToken(facts),
  jwt: (facts): facts is Subjects['jwt'] => facts.token?.form === 'jwt',
  opaque: (facts): facts is Subjects['opaque'] => facts.token?.form === 'opaque',
  dpop: (facts): facts is Subjects['dpop'] => facts.dpop !== undefined,
  proof: (facts): facts is Subjects['proof'] => isProof(facts),
  proofWithToken: (facts): facts is Subjects['proofWithToken'] => isProof(facts) && isToken(facts),
  certificate: (facts): facts is Subjects['certificate'] => facts.certificate !== undefined,
  memory: (facts): facts is Subjects['memory'] => facts.memory.answer !== undefined,
}

const SUBJECTS = Object.values(present)

/** Which subjects a request has, a bit for each: to requests of one kind the same rows apply. */
export function kindOf(facts: Facts): number {
  let kind = 0
  for (const has of SUBJECTS) kind = 2 * kind + (has(facts) ? 1 : 0)
  return kind
}

/** Makes the rows about one subject: `const proof = rowsAbout('proof')`. */
export function rowsAbout<S extends Subject>(subject: S) {
  const applies = present[subject]
  return <const Id extends ClauseId>(
    clause: Id,
    answer: Answer,
    check: Check<Subjects[S]>,
    sentence: string,
  ): Row<Id> => ({
    clause,
    subject,
    sentence,
    stage: subject === 'memory' ? 'effect' : 'pure',
    answer,
    applies,
    decide: (facts, policy) => (applies(facts) ? check(facts, policy) : undefined),
  })
}

/** The check of a subject's rows, for the files that hold them. */
export type CheckOf<S extends Subject> = Check<Subjects[S]>

const LONGEST_QUOTE = 120

/** Shows what a request said without letting it fill the log. */
export function quote(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text
}
