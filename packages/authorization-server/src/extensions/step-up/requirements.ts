import { acrValues, authenticationClaims, authenticationPolicy } from './authentication.ts'
import type { Requirement } from '../../profiles/requirement.ts'

/** Step-up authentication (RFC 9470): a resource server may ask for a better login, or a newer one. */
export const STEP_UP = [
  {
    clause: 'RFC9470-4',
    sentence:
      'an end-user is authenticated as acr_values and max_age ask, whatever the session is good for',
    sets: ({ configuration }) => ({
      interactions: { policy: authenticationPolicy(configuration) },
    }),
  },
  {
    clause: 'RFC9470-5',
    sentence: 'acr_values that cannot be met end the request: unmet_authentication_requirements',
  },
  {
    clause: 'RFC9470-6', // in the introspection response as in the JWT
    sentence: 'an access token says how its end-user was authenticated and when: acr, auth_time',
    tokenClaims: authenticationClaims,
  },
  {
    clause: 'RFC9470-7',
    sentence: 'acr_values_supported says how end-users can be authenticated',
    sets: ({ configuration }) => ({ acrValues: [...acrValues(configuration)] }),
  },
] as const satisfies readonly Requirement[]
