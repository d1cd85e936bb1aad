/**
 * Every attack, under the clause that refuses it. A clause without an attack does not compile:
 * whoever adds a row to the table adds its first attack here.
 */
import type { Clause } from '@holdfast/sender-constraint'
import type { Attack } from './attack.ts'
import * as details from './authorization-details.ts'
import * as binding from './binding.ts'
import * as certificate from './certificate.ts'
import * as proof from './proof.ts'
import * as shape from './proof-shape.ts'
import * as target from './proof-target.ts'
import * as proxy from './proxy.ts'
import * as request from './request.ts'
import * as status from './status.ts'
import * as stepUp from './step-up.ts'
import * as time from './time.ts'
import * as token from './token.ts'

// oxfmt-ignore
export const CATALOGUE = {
  'RFC9112-3.2':      [request.foreignTarget],
  'RFC9110-15.5.20':  [request.misdirected],
  'RFC9440-4':        [proxy.forgedField, proxy.underscores, proxy.otherName],
  'RFC9440-2.2':      [proxy.garbage, proxy.truncated, proxy.barePem, proxy.doubled, proxy.doublyEncoded, proxy.severalCertificates],
  'RFC7239-8.1':      [proxy.foreignHost],

  'RFC9110-11.6.2':   [request.twoAuthorizationFields],
  'RFC6750-2':        [request.headerAndQuery],
  'FAPI2SP-5.3.4-2':  [request.queryOnly],
  'RFC6750-3':        [request.nothingPresented, request.cookieOnly, request.inTheBody, request.inAnotherField],

  'RFC9110-15.6.4':   [request.duringAnOutage, request.intoAFullMemory, token.plainIntrospection, status.listWithheld, certificate.statusWithheld],
  'RFC7519-7.2':      [token.garbage, token.anotherSpelling, token.opaqueForJwt],
  'RFC7662-2.2':      [token.unknownOpaque],
  'RFC7515-4.1.11':   [token.criticalExtension, proof.criticalExtension],
  'FAPI2SP-5.4.1-1b': [token.unsigned, token.publicKeyAsSecret, token.postQuantum],
  'RFC9068-2.2':      [token.anonymous],
  'RFC9068-4-1':      [token.idToken, token.logoutToken],
  'RFC9068-4-3':      [token.otherIssuer],
  'RFC9068-4-4':      [token.otherAudience],
  'RFC9068-4-5':      [token.forgedSignature, token.unknownKid],
  'RFC9068-4-6':      [token.expired],
  'RFC7519-4.1.5':    [token.notYetValid],
  'FAPI2SP-5.3.4-3':  [status.revoked, status.suspended, status.unknownStatus, status.outOfRange, status.foreignList, status.withoutStatus],

  'RFC7800-3.1':      [binding.nullConfirmation, binding.textConfirmation, binding.listConfirmation],
  'RFC8705-3.1':      [binding.x5tInHex, binding.x5tPadded, binding.x5tOfSha1, binding.x5tOfPem],
  'RFC9449-6.1':      [binding.jktInHex, binding.jktOfSha1],
  'FAPI2SP-5.3.4-5':  [binding.unbound, binding.unboundAsDpop, binding.emptyConfirmation, binding.unknownMethod],
  'RFC9449-6.2':      [binding.mislabelled],
  'RFC9449-6':        [binding.certificateBoundAsDpop],
  'RFC9449-7.2':      [binding.downgraded, binding.downgradedWithProof, binding.otherHalfProven],

  'RFC8705-3':        [certificate.none, certificate.anotherClients, certificate.twin, certificate.selfSignedTwin, certificate.renewed, proxy.hopsOwn, binding.halfProven],
  'RFC5280-6.1.3':    [certificate.expired, certificate.notYetValid],
  'RFC5280-6.1':      [certificate.selfSigned, certificate.revoked, certificate.forServers, certificate.authority],

  'RFC9449-7.1':      [proof.missing],
  'RFC9449-4.3-1':    [proof.twoFields],
  'RFC9449-4.3-2':    [proof.notAJwt, proof.twoInOneField, proof.strayBits, proof.repeatedMember, shape.twoSegments, shape.fiveSegments, shape.jsonSerialization, shape.padded, shape.otherAlphabet, shape.tooLong],
  'RFC9449-4.3-3':    [proof.noJti, proof.noHtm, proof.noHtu, proof.noIat, proof.longJti, shape.jtiNumber, shape.htmList, shape.htuList, shape.iatText],
  'RFC9449-4.3-4':    [proof.otherTyp, proof.mediaType, shape.noTyp, shape.accessTokenTyp],
  'RFC9449-4.3-5':    [proof.algNone, shape.noAlg, proof.algHmac, proof.rs256, proof.ps384, proof.es384, proof.postQuantum],
  'FAPI2SP-5.4.1-2':  [proof.shortKey, proof.costlyKey],
  'RFC9449-4.3-6':    [proof.anotherKeysSignature, proof.alteredClaims, proof.noJwk, shape.jwkInText, shape.symmetricJwk, shape.algOfAnotherKey, shape.alteredSignature, shape.bytesBehind],
  'RFC9449-4.3-7':    [proof.privateKeyInside],
  'RFC9449-4.3-8':    [proof.otherMethod, proof.lowerCaseMethod, target.tokenEndpoint],
  'RFC9449-4.3-9':    [target.counterfeitServer, target.otherPath, target.plainHttp, target.otherPort, target.otherCase, target.trailingSlash, target.encodedSlash, target.backslash, target.tab, target.userinfo, target.forwardedPrefix, target.forwardedHost],
  'RFC9449-4.3-10':   [time.inventedNonce, time.movedNonce],
  'RFC9449-9':        [time.withoutNonce],
  'RFC9449-4.3-11':   [time.anHourOld, time.beforeTheEpoch, time.justTooOld, time.madeInAdvance, time.justTooFarAhead, time.anHourAhead, time.inMilliseconds, time.endedProof, time.proofToCome],
  'RFC9449-4.3-12a':  [binding.swappedToken, binding.noAth, binding.athInHex],
  'RFC9449-4.3-12b':  [binding.stolenWithOwnKey],

  'FAPI2SP-5.3.4-4':  [token.tooLittleScope],
  'RFC9396-9':        [details.none, details.otherType, details.asText],
  'RFC9470-3-acr_values': [stepUp.otherAcr, stepUp.withoutAcr],
  'RFC9470-3-max_age': [stepUp.oldLogin, stepUp.loginToCome],

  'RFC9449-11.1-3':   [time.afterARestart, time.datedAheadAfterARestart, time.lostMeanwhile],
  'RFC6585-4':        [request.flood],
  'RFC9449-11.1-2':   [time.replayed, time.replayedInParallel, time.replayedAfterOthers, time.replayedByNonce],
  'RFC9449-11.3':     [time.nonceLeftOut],
} as const satisfies Record<Clause, readonly [Attack, ...Attack[]]>

export const ATTACKS: readonly Attack[] = Object.values(CATALOGUE).flat()
