import { endpoints } from '../../vocabulary/endpoints.ts'
import type { Requirement } from '../../profiles/requirement.ts'

/** Dynamic client registration. There is none unless an issuer of software statements is configured. */
export const REGISTRATION = [
  {
    clause: 'RFC7591-2.3', // see software-statement.ts and registration.ts
    sentence:
      'a client registers by a software statement of a configured issuer, once; what the statement says stays as it says',
    sets: ({ configuration: { issuer, softwareStatementIssuers } }) =>
      softwareStatementIssuers.length > 0
        ? { discovery: { registration_endpoint: issuer + endpoints.registration } }
        : {},
  },
  {
    clause: 'RFC7591-3.2.2',
    sentence:
      'what authenticates a client and where it is answered is said by its software statement alone',
  },
  {
    clause: 'RFC7592-2.2',
    sentence: 'an update is judged like a registration: it cannot make a client weaker',
  },
  {
    clause: 'RFC7592-5',
    sentence:
      'a registration access token is for one client, is good with the DPoP key that registered it, and is replaced at every update',
  },
] as const satisfies readonly Requirement[]
