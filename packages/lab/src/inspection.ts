/** What a token, a proof or a certificate says, computed and held against the table of checks. */
import { X509Certificate } from 'node:crypto'
import {
  ALGORITHMS,
  type Facts,
  type Mismatch,
  parseJws,
  type Policy,
  readDpopFields,
  readJwtToken,
  ROWS,
  sha256,
} from '@holdfast/sender-constraint'

export interface Inspection {
  readonly kind: string
  readonly parts: Readonly<Record<string, unknown>>
  /** Thumbprints and hashes, by the names of the claims that hold them. */
  readonly computed: Readonly<Record<string, string>>
  readonly odd: readonly {
    readonly clause: string
    readonly sentence: string
    readonly mismatch: Mismatch
  }[]
}

export function inspectText(content: string): Inspection | undefined {
  if (content.includes('-----BEGIN CERTIFICATE')) return inspectCertificate(content)
  const jws = parseJws(content, 1_000_000)
  if (typeof jws === 'string') return undefined
  return 'jwk' in jws.header ? inspectProof(content) : inspectToken(content)
}

function inspectProof(content: string): Inspection {
  const dpop = readDpopFields([content], () => ({ state: 'absent' }))
  const proof = dpop.proof?.form === 'proof' ? dpop.proof : undefined
  const { htm, htu } = proof?.jws.claims ?? {}
  return {
    kind: 'DPoP proof',
    parts: proof ? { header: proof.jws.header, claims: proof.jws.claims } : {},
    computed: proof?.header.thumbprint === undefined ? {} : { jkt: proof.header.thumbprint },
    // Method and URL are its own: only the request that brings it can say whether they fit.
    odd: oddities(OF_A_PROOF, {
      ...NOTHING,
      request: { method: String(htm), uri: String(htu) },
      dpop,
    }),
  }
}

function inspectToken(content: string): Inspection {
  const token = readJwtToken(content)
  const isToken = token.form === 'jwt'
  const policy = isToken ? { issuers: [String(token.claims['iss'])] as const } : {}
  return {
    kind:
      isToken && /^(application\/)?at\+jwt$/i.test(String(token.jws.header['typ']))
        ? 'access token'
        : 'JWT, read as an access token',
    parts: isToken ? { header: token.jws.header, claims: token.claims } : {},
    computed: { ath: sha256(content) },
    odd: oddities(OF_A_TOKEN, { ...NOTHING, token }, policy),
  }
}

function inspectCertificate(content: string): Inspection | undefined {
  try {
    const x509 = new X509Certificate(content)
    const { subject, issuer, subjectAltName, serialNumber, validFrom, validTo } = x509
    const certificate = {
      thumbprint: sha256(x509.raw),
      notBefore: x509.validFromDate.getTime(),
      notAfter: x509.validToDate.getTime(),
    }
    return {
      kind: 'certificate',
      parts: {
        subject,
        issuer,
        ...(subjectAltName !== undefined && { subjectAltName }),
        serialNumber,
        validFrom,
        validTo,
        key: x509.publicKey.asymmetricKeyDetails,
      },
      computed: { 'x5t#S256': certificate.thumbprint },
      odd: oddities(OF_A_CERTIFICATE, { ...NOTHING, token: BOUND, certificate }),
    }
  } catch {
    return undefined
  }
}

const OF_A_PROOF = /^(RFC9449-4\.3-([1-7]|11)|RFC7515-.*|FAPI2SP-5\.4\.1-2)$/
const OF_A_TOKEN =
  /^(RFC7519-.*|RFC7515-.*|RFC9068-2\.2|RFC9068-4-[16]|FAPI2SP-5\.4\.1-1b|FAPI2SP-5\.3\.4-5|RFC7800-3\.1|RFC8705-3\.1|RFC9449-6\.1)$/
const OF_A_CERTIFICATE = /^RFC5280-/

const NOTHING: Facts = {
  now: Date.now(),
  request: { method: '', uri: undefined },
  credentials: { form: 'none', inQuery: false },
  memory: { since: 0 },
}

// Validity is asked only of the certificate that a token is bound to.
const BOUND: NonNullable<Facts['token']> = {
  form: 'opaque',
  hash: '',
  claims: {},
  confirmation: { x5t: '' },
}

const PROFILE: Policy = {
  issuers: [''],
  audience: '',
  scopes: [],
  methods: ['dpop', 'mtls'],
  require: 'one',
  nonce: 'off',
  tokenAlgorithms: ALGORITHMS,
  proofAlgorithms: ALGORITHMS,
  proofWindow: { past: 60, ahead: 10 },
  tokenAhead: 10,
  clockMargin: 5,
}

/** The rows of one kind that do not hold, all of them: this is for finding out, not for refusing. */
function oddities(clauses: RegExp, facts: Facts, policy: Partial<Policy> = {}): Inspection['odd'] {
  return ROWS.filter(({ clause, stage }) => stage === 'pure' && clauses.test(clause)).flatMap(
    ({ clause, sentence, decide }) => {
      const mismatch = decide(facts, { ...PROFILE, ...policy })
      return mismatch ? [{ clause, sentence, mismatch }] : []
    },
  )
}
