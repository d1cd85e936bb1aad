/** RFC 9470: what a challenge asks for, and what an authorization brings back for it. */
import { describe, expect, it } from 'vitest'

import { stepUpOf } from '../src/index.ts'
import { REQUEST, setUp } from './fixtures/mini-client.ts'

const ERROR = 'error="insufficient_user_authentication"'

const { server, dpopClient, callbackUrl } = await setUp()

const challenged = (status: number, ...challenges: string[]): Response =>
  new Response(null, {
    status,
    headers: challenges.map((line): [string, string] => ['www-authenticate', line]),
  })

describe('a challenge', () => {
  it.each([
    ['both', `DPoP ${ERROR}, acr_values="a b", max_age="300", algs="ES256"`, ['a', 'b'], 300],
    ['an acr', `Bearer ${ERROR}, acr_values="a"`, ['a'], undefined],
    ['an age', `Bearer ${ERROR}, max_age=0`, undefined, 0],
    ['neither', `Bearer ${ERROR}`, undefined, undefined],
  ] as const)('asks for %s', (_, line, acrValues, maxAge) => {
    const asked = stepUpOf(challenged(401, 'Bearer', line))
    expect(asked).toStrictEqual({
      ...(acrValues && { acrValues: [...acrValues] }),
      ...(maxAge !== undefined && { maxAge }),
    })
  })

  it('of another kind asks for none of it', () => {
    const other = 'DPoP error="invalid_token", acr_values="a", max_age="1"'
    for (const response of [
      challenged(401, other),
      challenged(401),
      challenged(403, `DPoP ${ERROR}, acr_values="a"`),
    ])
      expect(stepUpOf(response)).toBeUndefined()
  })
})

describe('an authorization', () => {
  const request = { ...REQUEST, scope: 'openid accounts', acrValues: ['urn:gold', 'urn:silver'] }

  const logIn = async () => {
    const { callback } = await (await dpopClient()).authorize(request)
    return callback(callbackUrl())
  }

  it('OIDCC-3.1.3.7-12 holds for an acr that was asked for', async () => {
    server.edits.idToken = (honest) => ({ ...honest, acr: 'urn:silver' })
    expect((await logIn()).id_token_claims?.acr).toBe('urn:silver')
    expect(server.pushed.get('acr_values')).toBe('urn:gold urn:silver')
  })

  it.each([undefined, 'urn:bronze', 'urn:gold urn:silver', ['urn:gold']])(
    'OIDCC-3.1.3.7-12 refuses %j',
    async (acr) => {
      server.edits.idToken = (honest) => ({ ...honest, acr })
      await expect(logIn()).rejects.toMatchObject({ code: 'HOLDFAST_ACR' })
    },
  )

  it('pushes authorization details as JSON, and asks for some of them at refresh', async () => {
    const authorizationDetails = [{ type: 'payment_initiation', creditorName: 'Shop' }]
    const connected = await dpopClient()
    await connected.authorize({ ...REQUEST, authorizationDetails })
    expect(server.pushed.get('authorization_details')).toBe(JSON.stringify(authorizationDetails))
    const tokens = { access_token: 'a', token_type: 'dpop', refresh_token: 'r-1' } as const
    await connected.refresh(tokens, { authorizationDetails })
    const sent = new URLSearchParams(server.to('/token').at(-1)?.form)
    expect(sent.get('authorization_details')).toBe(JSON.stringify(authorizationDetails))
  })
})
