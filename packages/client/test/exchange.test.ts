import { describe, expect, it } from 'vitest'

import { REQUEST, setUp } from './fixtures/mini-client.ts'

const { server, dpopClient } = await setUp()

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

describe('token exchange', () => {
  const asked = async (answer: Readonly<Record<string, unknown>>) => {
    server.edits.token = (honest) => ({ ...honest, ...answer })
    const client = await dpopClient()
    const [subject, actor] = [{ access_token: 'subject-1' }, { access_token: 'actor-1' }]
    return client.exchange({ ...REQUEST, subject, actor })
  }

  it('RFC8693-2.1 holds for what is sent, with a proof of the client’s key', async () => {
    const tokens = await asked({ issued_token_type: ACCESS_TOKEN })
    expect(tokens.token_type).toBe('dpop')
    const sent = server.to('/token').at(-1)
    expect(sent?.proof).toBeDefined()
    expect(Object.fromEntries(sent?.form ?? [])).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'subject-1',
      subject_token_type: ACCESS_TOKEN,
      actor_token: 'actor-1',
      actor_token_type: ACCESS_TOKEN,
      scope: REQUEST.scope,
      resource: REQUEST.resource,
    })
  })

  it.each([undefined, 'urn:ietf:params:oauth:token-type:refresh_token', 7])(
    'RFC8693-2.2.1 refuses issued_token_type %s',
    async (type) => {
      await expect(asked({ issued_token_type: type })).rejects.toMatchObject({
        code: 'HOLDFAST_TOKEN_TYPE',
      })
    },
  )

  it('RFC9449-5 refuses a Bearer token for a DPoP client', async () => {
    await expect(
      asked({ issued_token_type: ACCESS_TOKEN, token_type: 'Bearer' }),
    ).rejects.toMatchObject({ code: 'HOLDFAST_TOKEN_TYPE' })
  })
})
