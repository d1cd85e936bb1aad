import { isDeepStrictEqual } from 'node:util'
import { errors } from 'oidc-provider'
import type { AuthorizationDetail, KoaContextWithOIDC } from 'oidc-provider'
import { z } from 'zod'
import type { Configuration } from '../../configuration/configuration.ts'

/**
 * What an end-user can be asked to consent to in detail (RFC 9396 §2.1): the types and their members.
 * Nothing else may stand in a detail, since nobody would be shown it.
 */
const account = z.strictObject({
  iban: z.string().regex(/^[A-Z]{2}\d{2}[A-Z\d]{11,30}$/, 'an IBAN in capitals, without spaces'),
})
const words = z.string().regex(/^[^\p{C}]{1,70}$/u, '1 to 70 printable characters')
const locations = z.array(z.string()).min(1).optional()

const TYPES = {
  payment_initiation: z.strictObject({
    type: z.literal('payment_initiation'),
    locations,
    instructedAmount: z.strictObject({
      currency: z.string().regex(/^[A-Z]{3}$/, 'a code of three capitals, such as EUR'),
      amount: z.string().regex(/^(0|[1-9]\d{0,11})\.\d\d$/, 'a number with two decimals, as text'),
    }),
    creditorName: words,
    creditorAccount: account,
    remittanceInformationUnstructured: words.optional(),
  }),
  account_information: z.strictObject({
    type: z.literal('account_information'),
    locations,
    accounts: z.array(account).min(1).max(20),
  }),
} as const

type Type = keyof typeof TYPES
export type Detail = z.infer<(typeof TYPES)[Type]>

const ANY = z.discriminatedUnion('type', [TYPES.payment_initiation, TYPES.account_information])

export const DETAIL_TYPES: readonly string[] = Object.keys(TYPES)

/** Details at once, at most: an end-user reads them all. */
const MOST = 10

/** What the library holds each detail of a request against, by type. */
export const detailTypes = ({ resources }: Configuration) =>
  Object.fromEntries(
    Object.entries(TYPES).map(([type, schema]) => [
      type,
      {
        validate(ctx: KoaContextWithOIDC, detail: AuthorizationDetail) {
          checkAsked(ctx)
          const { error, data } = schema.safeParse(detail)
          if (error) throw invalid(`${type}: ${sentenceOf(error)}`)
          const foreign = data.locations?.find(
            (location) => !resources.some(({ indicator }) => indicator === location),
          )
          if (foreign !== undefined) throw invalid(`${type}: locations: ${foreign} is no resource`)
        },
      },
    ]),
  )

/** What of a request does not depend on what stands in the detail. */
function checkAsked({ oidc }: KoaContextWithOIDC): void {
  if (oidc.route === 'backchannel_authentication')
    throw invalid('authorization_details are not supported with CIBA')
  if (askedIn(oidc.params).length > MOST) throw invalid(`at most ${MOST} at once`)
}

const sentenceOf = ({ issues: [issue] }: z.ZodError): string =>
  [...(issue?.path.length ? [issue.path.join('.')] : []), issue?.message].join(': ')

const invalid = (sentence: string) => new errors.InvalidAuthorizationDetails(sentence)

/** The details of a request that was checked. */
export function askedIn(params: { readonly [name: string]: unknown } | undefined): Detail[] {
  const text = params?.['authorization_details']
  return typeof text === 'string' ? JSON.parse(text) : []
}

/** One that was checked before it was kept. @throws z.ZodError for any other */
export const asDetail = (detail: AuthorizationDetail): Detail => ANY.parse(detail)

/**
 * What an access token gets (RFC 9396 §6): of what the end-user has consented to that which is for its
 * resource, or, where the token request asks for less, just that.
 *
 * @throws errors.InvalidAuthorizationDetails where it asks for more
 */
export function detailsFor(
  { aud }: { readonly aud?: string | string[] | undefined },
  consented: readonly AuthorizationDetail[] | undefined,
  asked: readonly AuthorizationDetail[],
): readonly AuthorizationDetail[] | undefined {
  if (!consented) throw invalid('no end-user has consented to authorization details')
  const here = detailsHere({ aud }, consented)
  if (asked.length === 0) return here
  const left = [...here]
  for (const detail of asked) {
    const found = left.findIndex((granted) => covers(granted, detail))
    if (found === -1) throw invalid(`the end-user has not consented to this ${detail.type}`)
    // Who has consented to one payment has not consented to the same again.
    if (detail.type === 'payment_initiation') left.splice(found, 1)
  }
  return asked
}

/** Of these details those that are for the resource of a token. */
export const detailsHere = (
  { aud }: { readonly aud?: string | string[] | undefined },
  details: readonly AuthorizationDetail[],
): readonly AuthorizationDetail[] =>
  details.filter(({ locations: at }) => !Array.isArray(at) || at.includes(aud))

/** A payment is consented to as it is; of the accounts a client may ask for some. */
function covers(granted: AuthorizationDetail, asked: AuthorizationDetail): boolean {
  if (granted.type !== 'account_information') return isDeepStrictEqual(granted, asked)
  const { accounts: all, ...rest } = TYPES.account_information.parse(granted)
  const { accounts, ...same } = TYPES.account_information.safeParse(asked).data ?? { accounts: [] }
  return (
    isDeepStrictEqual(rest, same) &&
    accounts.every(({ iban }) => all.some((one) => one.iban === iban))
  )
}
