/** `scripts/lab client statement …`: a client registers itself, and manages what is registered. */
import { connect, makeProof, openConnection, readMaterial } from '@holdfast/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asProofKey, signingKey } from '../src/clients/signing-key.ts'
import { makePlace, type Place, run, type RunningLab, up } from './program.ts'

let place: Place
let lab: RunningLab
beforeAll(async () => {
  place = await makePlace()
  lab = await up(place)
})
afterAll(async () => {
  await lab.stop()
  await place.remove()
})

test('RFC7591-3: by a software statement of the lab, with a proof, and then it gets tokens', async () => {
  const how = ['--auth', 'private_key_jwt', '--bind', 'dpop', '--json']
  const added = await run(place, ['client', 'add', 'template', ...how])
  const { folder }: { folder: string } = JSON.parse(added.out)
  const made = await run(place, ['client', 'statement', 'template'])
  expect(made).toMatchObject({ code: 0, err: '' })

  const material = await readMaterial(folder)
  const key = asProofKey(await signingKey(folder, material))
  const { fetch, close } = openConnection({ trust: material.trust })
  const send = async (
    method: string,
    url: string,
    rest: { body?: string; token?: string } = {},
  ) => {
    const attempt = async (nonce?: string) =>
      fetch(url, {
        method,
        headers: {
          'content-type': 'application/json',
          dpop: await makeProof(key, { method, url, ...(nonce !== undefined && { nonce }) }),
          ...(rest.token !== undefined && { authorization: `DPoP ${rest.token}` }),
        },
        ...(rest.body !== undefined && { body: rest.body }),
      })
    const first = await attempt()
    const nonce = first.headers.get('dpop-nonce')
    return first.status === 400 && nonce !== null ? attempt(nonce) : first
  }
  try {
    const body = JSON.stringify({ software_statement: made.out.trim() })
    const answer = await send('POST', `${material.issuer}/register`, { body })
    expect(answer.status).toBe(201)
    const registered: {
      client_id: string
      registration_client_uri: string
      registration_access_token: string
    } = JSON.parse(await answer.text())
    const client = await connect({ ...material, clientId: registered.client_id })
    const tokens = await client.clientCredentials({ scope: 'accounts' })
    expect(tokens.token_type).toBe('dpop')
    await client.close()

    const again = await send('POST', `${material.issuer}/register`, { body })
    expect(again.status).toBe(400)
    const { registration_client_uri: url, registration_access_token: token } = registered
    expect((await send('DELETE', url, { token })).status).toBe(204)
    expect((await send('GET', url, { token })).status).toBe(401)
  } finally {
    await close()
  }
})

test('there is no statement about a client that is not one’s own', async () => {
  const outcome = await run(place, ['client', 'statement', 'tls-client-auth-mtls'])
  expect(outcome).toMatchObject({ code: 2, out: '' })
})
