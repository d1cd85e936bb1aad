import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  UserAgentError,
} from '@holdfast/client'
import { SuiteError } from './conformance/suite-error.ts'
import { codeOf } from './errors.ts'

/**
 * A server refused, or could not be reached: the sentence that says so, exit code 1. `undefined` for
 * any other error.
 */
export function refusalOf(error: unknown): string | undefined {
  if (error instanceof ResponseBodyError || error instanceof AuthorizationResponseError) {
    const { error: code, error_description: description } = error
    return `the authorization server answered ${[code, description].filter(Boolean).join(': ')}`
  }
  if (error instanceof SuiteError) return error.message
  if (error instanceof ClientError || error instanceof UserAgentError) return error.message
  // What fetch throws, when there was no connection.
  if (error instanceof TypeError && error.cause instanceof Error)
    return `no connection: ${error.cause.message || codeOf(error.cause)}`
  return undefined
}
