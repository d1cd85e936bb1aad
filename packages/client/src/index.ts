export {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'

export { makeAssertion } from './assertion.ts'
export type { Authorization, AuthorizationRequest } from './authorization.ts'
export type { Authentication, AuthenticationRequest } from './backchannel.ts'
export * from './connection.ts'
export { cookieJar, type CookieJar } from './user-agent/cookies.ts'
export type { DeviceAuthorization } from './device.ts'
export type { ExchangeRequest } from './exchange.ts'

export type { RefusalCode } from './errors.ts'
export * from './connect.ts'
export type * from './fapi-client.ts'
export * from './logout-endpoint.ts'
export type { EndedSession } from './logout-token.ts'
export {
  checkMaterial,
  type ClientCertificate,
  type ClientMaterial,
  usesCertificate,
} from './material/material.ts'
export * from './material/material-error.ts'
export * from './material/material-folder.ts'
export { decide, withdraw } from './user-agent/own-pages.ts'
export * from './proof.ts'
export * from './registration.ts'
export { stepUpOf } from './step-up.ts'
export type { TokenRequest, Tokens } from './tokens.ts'
export * from './user-agent/user-agent.ts'
export * from './user-agent/user-agent-error.ts'
