import { RecordsInProcess } from '@holdfast/store'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { provision } from '../../src/index.ts'
import type { ClientMetadata, ProfileName } from '../../src/index.ts'
import type { Metadata } from '../../src/clients/client-metadata.ts'
import { registeredWith, requirementsOf, termsOf, weakness } from '../../src/profiles/profiles.ts'
import { PROFILE_NAMES } from '../../src/vocabulary/profile-names.ts'
import { Browser } from '../stage/browser.ts'
import { authorizationUrl, pushed } from '../stage/flow.ts'
import { assertion, clientCredentials, Prover, verdict } from '../stage/honest.ts'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'

describe('a client that breaks one requirement of its profile is refused by its clause', () => {
  /** An edit for each clause that asks something of a client. */
  const edits: { readonly [clause: string]: Metadata } = {
    'FAPI2SP-5.3.2.1-2': { grant_types: ['authorization_code', 'password'] },
    'FAPI2SP-5.3.2.1-5': {
      dpop_bound_access_tokens: true,
      tls_client_certificate_bound_access_tokens: true,
    },
    'FAPI2SP-5.3.2.1-6': { token_endpoint_auth_method: 'client_secret_basic' },
    'FAPI2SP-5.3.2.2-1': { response_types: ['code id_token'] },
    'FAPI2SP-5.3.2.2-8': { redirect_uris: ['http://client.example/callback'] },
    'RPLOGOUT-3.1': { post_logout_redirect_uris: ['http://client.example/'] },
    'BCLOGOUT-2.2': { backchannel_logout_uri: 'http://client.example/logout' },
    'FAPI2SP-5.4.1-1': { id_token_signed_response_alg: 'RS256' },
    'FAPI2SP-5.4.1-2': { jwks: { keys: [{ kty: 'oct', k: 'AA' }] } },
    'RFC8693-4.4': { may_act: 'agent' },
    'RFC7591-2': { jwks_uri: 'https://client.example/jwks' },
    'RFC8705-2.2': { token_endpoint_auth_method: 'self_signed_tls_client_auth' },
    'RFC9396-10': { authorization_details_types: ['refund'] },
    'FAPI2MS-5.3.1-1': { require_signed_request_object: false },
    'FAPI2MS-5.4.1-1': { response_modes: ['jwt', 'query'] },
    'FAPICIBA-5.2.2-3': { backchannel_token_delivery_mode: 'push' },
    'FAPICIBA-5.2.2-5': { backchannel_client_notification_endpoint: 'https://client.example/ping' },
    'FAPICIBA-5.2.2-6': { require_signed_request_object: false },
    'FAPI1ADV-5.2.2-6': {
      tls_client_certificate_bound_access_tokens: false,
      dpop_bound_access_tokens: true,
    },
  }

  const asking = (profile: ProfileName) =>
    requirementsOf(profile).filter(({ asks, registers }) => asks ?? registers)

  const cases = PROFILE_NAMES.flatMap((profile) =>
    asking(profile).map(({ clause }) => [profile, clause] as const),
  )
  test.each(cases)('%s: %s', async (profile, clause) => {
    const client = { ...(await honest(profile)), ...edits[clause] }
    const others = asking(profile).filter((row) => row.clause !== clause)
    expect(weakness(client)?.clause).toBe(clause)
    for (const { asks, registers = {} } of others) {
      expect(asks?.(client, termsOf(profile))).not.toBe(false)
      expect(client).toMatchObject(registers)
    }
  })

  test.each(PROFILE_NAMES)('%s: the honest client is none of them', async (profile) => {
    expect(weakness(await honest(profile))).toBeUndefined()
  })
})

test('a store with a client that is weaker than its profile is refused at start', async () => {
  const records = new RecordsInProcess()
  const profile = 'fapi2-message-signing'
  const payload = { ...(await honest(profile)), require_signed_request_object: false }
  await records.upsert({ kind: 'Client', id: 'weak', payload })
  await expect(startHouse({ records, profiles: [profile] })).rejects.toMatchObject({
    name: 'ClientMetadataError',
    client: 'weak',
    clause: 'FAPI2MS-5.3.1-1',
  })
})

test('a client of a profile that is not on offer is refused at start', async () => {
  const records = new RecordsInProcess()
  const client = { ...(await metadata()), profile: 'fapi2-message-signing' as const }
  await provision(records, { clients: [client], users: [] })
  await expect(startHouse({ records })).rejects.toThrow(
    'client client: profile is one that this server offers: fapi2-security-profile',
  )
})

describe('compat-oauth2c', () => {
  let house: House
  let prover: Prover
  const warnings: string[] = []
  beforeAll(async () => {
    const warn = (sentence: string) => warnings.push(sentence)
    house = await startHouse({ profiles: ['compat-oauth2c'], warn })
    prover = await Prover.new()
  })
  afterAll(() => house.stop())

  const tokenWith = async (client: string, aud: unknown) => {
    const form = await assertion(house, client, { aud })
    return verdict(await house.send(await clientCredentials(house, prover, form)))
  }

  test('relaxes FAPI2SP-5.3.2.1-8 for the client that asks, and for no other', async () => {
    const audience = `${house.issuer}/token`
    expect(await tokenWith('compat', audience)).toEqual([200, undefined])
    expect(await tokenWith('web', audience)).toEqual([401, 'invalid_client'])
    const form = { ...(await assertion(house, 'compat', { aud: audience })) }
    expect((await house.send(await pushed(house, form, 'compat'))).status).toBe(201)
  })

  test('still refuses every other audience, and still takes the issuer', async () => {
    expect(await tokenWith('compat', house.issuer)).toEqual([200, undefined])
    for (const aud of [
      [`${house.issuer}/token`],
      [house.issuer],
      `${house.issuer}/par`,
      `${house.issuer}/token/`,
      `${house.alias}/token`,
      'https://other.example/token',
    ])
      expect(await tokenWith('compat', aud)).toEqual([401, 'invalid_client'])
  })

  test('relaxes nothing else: one row differs, by one term', () => {
    const [strict, compat] = [termsOf('fapi2-security-profile'), termsOf('compat-oauth2c')]
    expect(compat).toEqual({ ...strict, audiences: ['token'] })
    const rows = requirementsOf('fapi2-security-profile')
    const differing = requirementsOf('compat-oauth2c').filter(
      (row, i) => row.sentence !== rows[i]?.sentence,
    )
    expect(differing.map(({ clause }) => clause)).toEqual(['FAPI2SP-5.3.2.1-8'])
  })

  test('is warned of at start, by the client’s name', () => {
    expect(warnings).toEqual([
      'client compat is weaker than FAPI 2.0: its assertions may name the token endpoint as audience in place of the issuer (FAPI2SP-5.3.2.1-8)',
    ])
  })

  test('says so on its consent page, and others do not', async () => {
    const consentPageOf = async (client: string) => {
      const { json } = await house.send(await pushed(house, {}, client))
      const browser = new Browser(house.send, house.issuer)
      const login = await browser.open(authorizationUrl(house, String(json['request_uri']), client))
      return browser.press(login, 'login-submit', { login: 'alice', password: 'correct horse' })
    }
    expect((await consentPageOf('compat')).text).toMatch(
      /id="relaxation">[^<]*FAPI2SP-5\.3\.2\.1-8/,
    )
    const strict = await consentPageOf('web')
    expect(strict.text).toContain('consent-submit')
    expect(strict.text).not.toContain('relaxation')
  })
})

async function metadata(): Promise<ClientMetadata> {
  const { publicKey } = await generateKeyPair('ES256', { extractable: true })
  return {
    client_id: 'client',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [await exportJWK(publicKey)] },
    grant_types: ['authorization_code'],
    redirect_uris: ['https://client.example/callback'],
    dpop_bound_access_tokens: true,
  }
}

/** As `provision` writes it. */
async function honest(profile: ProfileName): Promise<Metadata> {
  return {
    ...(await metadata()),
    response_types: ['code'],
    profile,
    ...registeredWith({ profile }),
    ...HONEST[profile],
  }
}

/** What an honest client of a profile says beside what all say. */
const HONEST: { readonly [profile in ProfileName]?: Metadata } = {
  'ciba-dpop': { backchannel_token_delivery_mode: 'poll' },
  'fapi-ciba': {
    backchannel_token_delivery_mode: 'poll',
    dpop_bound_access_tokens: false,
    tls_client_certificate_bound_access_tokens: true,
  },
}
