/** `scripts/lab client statement …`: a client registers itself, and manages what is registered. */
import { join } from 'node:path'
import { connect, readMaterial, register } from '@holdfast/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
  const registration = await register(material, made.out.trim())
  try {
    const client = await connect({ ...material, clientId: registration.clientId })
    const tokens = await client.clientCredentials({ scope: 'accounts' })
    expect(tokens.token_type).toBe('dpop')
    await client.close()
    await expect(register(material, made.out.trim())).rejects.toMatchObject({
      error: 'invalid_software_statement',
    })
    await registration.remove()
    await expect(registration.read()).rejects.toMatchObject({ error: 'invalid_token' })
  } finally {
    await registration.close()
  }
})

test('by a statement about one of the lab’s own clients, with its keys', async () => {
  const made = await run(place, ['client', 'statement', 'tls-client-auth-mtls'])
  expect(made).toMatchObject({ code: 0, err: '' })
  const material = await readMaterial(join(place.state, 'clients', 'tls-client-auth-mtls'))
  const registration = await register(material, made.out.trim())
  const client = await connect({ ...material, clientId: registration.clientId })
  expect(await client.clientCredentials({ scope: 'accounts' })).toMatchObject({
    token_type: 'bearer',
  })
  await Promise.all([client.close(), registration.close()])
})

test('there is no statement about a client that nobody knows', async () => {
  const outcome = await run(place, ['client', 'statement', 'nobody'])
  expect(outcome).toMatchObject({ code: 2, out: '' })
})
