import { expect } from 'vitest'
import { BEARER, DPOP } from './answers.ts'
import { type RealIssuer, run } from './examples.ts'
import { RESOURCE } from './mint.ts'

const METADATA = '/.well-known/oauth-protected-resource'

/**
 * What every example must do, in the workspace and where it was installed.
 *
 * @returns what it complained of on standard error, but that Node strips types
 */
export async function examine(
  { node, file }: { readonly node: string; readonly file: string },
  issuer: RealIssuer,
): Promise<string> {
  const example = await run(node, file, issuer)
  try {
    const nobody = await example.send()
    expect(nobody).toMatchObject({
      status: 401,
      challenges: [
        `${BEARER} resource_metadata="${RESOURCE}${METADATA}"`,
        `${DPOP}, resource_metadata="${RESOURCE}${METADATA}"`,
      ],
    })

    // A server that has just begun cannot know what was used before: it asks for a nonce.
    const first = await example.send(await example.fields())
    expect([first.status, JSON.parse(first.body).error]).toEqual([401, 'use_dpop_nonce'])

    const fields = await example.fields(first.nonce)
    const attempts = await Promise.all(Array.from({ length: 12 }, () => example.send(fields)))
    const [accepted, ...more] = attempts.filter(({ status }) => status === 200)
    expect([JSON.parse(accepted?.body ?? '{}').owner, more]).toEqual(['alice', []])
    const errors = attempts
      .filter((one) => one !== accepted)
      .map(({ body }) => JSON.parse(body).error)
    expect(errors).toEqual(Array.from({ length: 11 }, () => 'invalid_dpop_proof'))

    if (!file.includes('cluster')) {
      const { status, body } = await example.send([], METADATA)
      expect([status, JSON.parse(body).authorization_servers]).toEqual([200, [issuer.url]])
    }
    return example.complaints().replaceAll(/^.*(ExperimentalWarning|--trace-warnings).*\n/gm, '')
  } finally {
    await example.close()
  }
}
