/**
 * Hierarchies that nobody thought of, held against OpenSSL: what it refuses, we refuse. What it
 * accepts we accept, but for a CA that acts as a client.
 */
import { type KeyObject, X509Certificate } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { encodeName } from '../../src/encoding/distinguished-name.ts'
import { issue, type Issuer } from '../../src/issuing/issue.ts'
import { generateKey, type Hash } from '../../src/encoding/key-types.ts'
import { EXTENDED_KEY_USAGE, type Profile } from '../../src/profiles.ts'
import { parseName } from '../../src/encoding/rfc4514.ts'
import { certificateValidation } from '../../src/validation.ts'
import { verify } from '../lab.ts'

const ROUNDS = process.env['HOLDFAST_FULL'] === '1' ? 500 : 60
const DAY = 86_400_000
const { clientAuth, serverAuth } = EXTENDED_KEY_USAGE

/** Mostly right, so that one thing is wrong at a time, or two. */
const rarely = <T>(usual: T, ...others: readonly T[]) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(usual) },
    { weight: 2, arbitrary: fc.constantFrom(usual, ...others) },
  )

const anyCertificate = fc.record({
  name: rarely('', 'CN=Root', 'CN=CA 1'),
  purposes: rarely<readonly string[]>([], [clientAuth], [serverAuth], [clientAuth, serverAuth]),
  /** Days from now. */
  shift: rarely(0, -9, 9),
  hash: rarely<Hash>('SHA-256', 'SHA-1', 'SHA-384'),
  keyIdentifier: rarely('right', 'wrong'),
  signedBy: rarely('issuer', 'another'),
} as const)

const anyCa = fc.record({
  edit: anyCertificate,
  pathLength: rarely<number | undefined>(3, 0, 1, 2, undefined),
  keyUsage: rarely<Profile['keyUsage']>(
    ['keyCertSign', 'cRLSign'],
    ['cRLSign'],
    ['digitalSignature'],
  ),
})
const anyLeaf = fc.record({
  edit: anyCertificate,
  isCa: rarely(false, true),
  keyUsage: rarely<Profile['keyUsage']>(['digitalSignature'], ['contentCommitment']),
})

const keys = await Promise.all(Array.from({ length: 6 }, () => generateKey('EC-P256')))
const keyAt = (index: number): KeyObject => keys[index % keys.length] ?? keys[0]!

type Edit = typeof anyCertificate extends fc.Arbitrary<infer T> ? T : never

/** A certificate below the issuer, or a root if there is none. */
async function make(
  own: { readonly key: KeyObject; readonly name: string; readonly profile: Profile },
  edit: Edit | undefined,
  issuer?: Issuer,
): Promise<Issuer> {
  const begin = Math.floor(Date.now() / 1000) * 1000 + (edit?.shift ?? 0) * DAY
  const signer =
    issuer && edit?.signedBy === 'another' ? { ...issuer, key: keyAt(keys.length - 1) } : issuer
  const certificate = await issue({
    profile: { ...own.profile, extendedKeyUsage: edit?.purposes ?? [] },
    subject: encodeName(parseName(edit?.name === '' || !edit ? own.name : edit.name)),
    key: own.key,
    ...(signer && { issuer: signer }),
    validity: { from: begin - DAY, to: begin + DAY },
    hash: edit?.hash ?? 'SHA-256',
    ...(edit?.keyIdentifier === 'wrong' && { authorityKeyIdentifier: '00'.repeat(20) }),
  })
  return { certificate, key: own.key }
}

const asCa = (pathLength: number | undefined, keyUsage: Profile['keyUsage']): Profile => ({
  ...(pathLength !== undefined && { pathLength }),
  keyUsage,
  extendedKeyUsage: [],
  names: [],
  days: 1,
})

it(`what OpenSSL refuses is refused: ${ROUNDS} hierarchies`, { timeout: 600_000 }, async () => {
  const root = await make(
    { key: keyAt(0), name: 'CN=Root', profile: asCa(3, ['keyCertSign', 'cRLSign']) },
    undefined,
  )
  const counted = { accepted: 0, refused: 0 }
  const hierarchies = fc.tuple(fc.array(anyCa, { maxLength: 3 }), anyLeaf)
  await fc.assert(
    fc.asyncProperty(hierarchies, async ([authorities, leaf]) => {
      const between: Issuer[] = []
      for (const [index, { edit, pathLength, keyUsage }] of authorities.entries()) {
        const own = { key: keyAt(index + 1), name: `CN=CA ${index + 1}` }
        const profile = asCa(pathLength, keyUsage)
        between.push(await make({ ...own, profile }, edit, between.at(-1) ?? root))
      }
      const profile = asCa(leaf.isCa ? 0 : undefined, leaf.keyUsage)
      const own = { key: keyAt(4), name: 'CN=Leaf', profile }
      const made = await make(own, leaf.edit, between.at(-1) ?? root)
      const sent = between.map(({ certificate }) => new X509Certificate(certificate))
      const ours = certificateValidation({
        roots: root.certificate,
        status: [],
        policy: 'soft',
      }).validate(new X509Certificate(made.certificate), sent, 'client')
      const chain = [made, ...between.toReversed()].map((one) => one.certificate).join('')
      const question = { trust: root.certificate, chain, purpose: 'sslclient' } as const
      const theirs = verify(question, ['-auth_level', '2'])
      // The one thing that OpenSSL does not look at is a CA as client.
      const accepted = leaf.isCa ? 'RFC5280-4.2.1.9' : 'good'
      const refusal = ours.ok || theirs.ok ? undefined : ours.clause
      const expected = theirs.ok ? accepted : refusal
      expect([ours.ok ? 'good' : ours.clause, theirs.output]).toEqual([expected, theirs.output])
      counted[theirs.ok ? 'accepted' : 'refused'] += 1
    }),
    { numRuns: ROUNDS },
  )
  // Neither always says the same.
  expect(counted.accepted).toBeGreaterThan(ROUNDS / 10)
  expect(counted.refused).toBeGreaterThan(ROUNDS / 10)
})
