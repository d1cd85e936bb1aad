import { type Claims, parseJsonObject } from '@holdfast/sender-constraint'
import type { Cache } from './cache.ts'
import { IssuerError } from './issuer.ts'
import { issuerKeys, type IssuerOptions } from './issuer-keys.ts'
import { openSigned } from './signed-answer.ts'

/** Characters. */
const LONGEST = 65_536
/** Seconds since an answer was signed: it is of now, and for this question. */
const OLDEST = 60

export interface AnswerFormat {
  /** What we ask for. */
  readonly accept: string
  /** @throws IssuerError */
  readonly read: (body: Buffer) => Claims | Promise<Claims>
  readonly caches: readonly Cache[]
}

/** RFC 7662 §2.2. */
export const readPlain: AnswerFormat = {
  accept: 'application/json',
  read: (body) => object(parseJsonObject(body)),
  caches: [],
}

/** RFC 9701 §5. @param clientId by which the issuer knows us: the audience of its answers */
export function signedAnswers(options: IssuerOptions, clientId: string): AnswerFormat {
  const { issuer, now } = options
  const keys = issuerKeys(options)
  const expected = { typ: 'token-introspection+jwt', issuer, longest: LONGEST }
  return {
    accept: 'application/token-introspection+jwt',
    read: async (body) => {
      const { claims } = await openSigned(body.toString(), expected, { keys, now })
      const { iss, aud, iat, token_introspection } = claims
      const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
      if (iss !== issuer) throw new IssuerError('an answer that does not say whose it is')
      if (!audiences.includes(clientId)) throw new IssuerError('an answer for somebody else')
      if (Number(iat) < now() / 1000 - OLDEST) throw new IssuerError('an old answer')
      return object(token_introspection)
    },
    caches: [keys.cache],
  }
}

function object(value: unknown): Claims {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new IssuerError('an answer that is no JSON object')
  return { ...value }
}
