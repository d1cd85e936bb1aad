/** What the end-user has consented to, and how they logged in (RFC 9396, RFC 9470). */
import { attack } from './attack.ts'
import { codeGrant, refreshGrant } from './grants.ts'
import { member, push, pushSigned } from './requests.ts'
import type { Honest } from './stage.ts'

const PAYMENT = {
  type: 'payment_initiation',
  instructedAmount: { currency: 'EUR', amount: '12.50' },
  creditorName: 'Corner shop',
  creditorAccount: { iban: 'DE02100100109307118603' },
}

const details = (...payments: readonly object[]) => ({
  authorization_details: JSON.stringify(payments),
})

const pushPayment: Honest = (scene, edit) =>
  push(scene, { ...edit, form: { ...details(PAYMENT), ...edit?.form } })

const redeemPayment: Honest = (scene, edit) =>
  codeGrant(scene, {
    ...edit,
    authorization: details(PAYMENT),
    form: { ...details(PAYMENT), ...edit?.form },
  })

export const consents = [
  attack('RFC9396-6', [400, 'invalid_authorization_details'], redeemPayment)(
    'payment-widened',
    'The consent to a payment, redeemed for a larger one',
    { form: details({ ...PAYMENT, instructedAmount: { currency: 'EUR', amount: '9000.00' } }) },
  ),
  attack('RFC9396-6', [400, 'invalid_authorization_details'], redeemPayment)(
    'payment-twice',
    'The consent to a payment, redeemed for the same one twice',
    { form: details(PAYMENT, PAYMENT) },
  ),
  attack('RFC9396-5', [400, 'invalid_authorization_details'], pushPayment)(
    'payment-of-another-shape',
    'A payment with a member that nobody is shown',
    { form: details({ ...PAYMENT, hidden: 'fee' }) },
  ),
  attack('RFC9396-5', [400, 'invalid_authorization_details'], pushSigned)(
    'details-not-registered',
    'Authorization details of a client that is not registered for them',
    { object: { claims: { authorization_details: [PAYMENT] } } },
  ),
] as const

/** A request to an API that asks for a better login, with a token of such a login. */
const atStepUp =
  (grant: Honest): Honest =>
  async (scene, edit) => {
    const tokens = await grant(scene, { authorization: BETTER, ...edit })
    return scene.call(`${scene.resource}/step-up`, member(tokens, 'access_token'))
  }

const BETTER = { acr_values: 'urn:holdfast:mfa' }

/** The edit: the better login is asked of nobody, or in the wrong place. */
const stepUp = (grant: Honest) =>
  attack('RFC9470-3-acr_values', [401, 'insufficient_user_authentication'], atStepUp(grant))

export const stepUps = [
  stepUp(codeGrant)(
    'old-login-at-step-up',
    'A token of a login by password, where the API asks more',
    { authorization: {} },
  ),
  stepUp(refreshGrant)(
    'acr-by-refresh',
    'A better login, asked of a refresh, where there is no end-user to log in',
    { authorization: {}, form: { ...BETTER, max_age: '0' } },
  ),
] as const
