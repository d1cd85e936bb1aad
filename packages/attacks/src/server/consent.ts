/** What the end-user has consented to, and how they logged in (RFC 9396, RFC 9470). */
import { attack } from './attack.ts'
import { code, member, push, pushSigned, redeem, refresh, refreshToken } from './requests.ts'

const PAYMENT = {
  type: 'payment_initiation',
  instructedAmount: { currency: 'EUR', amount: '12.50' },
  creditorName: 'Corner shop',
  creditorAccount: { iban: 'DE02100100109307118603' },
}

const details = (edit: object = {}): string => JSON.stringify([{ ...PAYMENT, ...edit }])

export const consents = [
  attack('RFC9396-6', [400, 'invalid_authorization_details'])(
    'payment-widened',
    'The consent to a payment, redeemed for a larger one',
    async (scene) =>
      redeem(scene, await code(scene, { form: { authorization_details: details() } }), {
        form: {
          authorization_details: details({
            instructedAmount: { currency: 'EUR', amount: '9000.00' },
          }),
        },
      }),
  ),
  attack('RFC9396-5', [400, 'invalid_authorization_details'])(
    'payment-of-another-shape',
    'A payment with a member that nobody is shown',
    (scene) => push(scene, { form: { authorization_details: details({ hidden: 'fee' }) } }),
  ),
  attack('RFC9396-5', [400, 'invalid_authorization_details'])(
    'details-not-registered',
    'Authorization details of a client that is not registered for them',
    (scene) => pushSigned(scene, { claims: { authorization_details: [PAYMENT] } }),
  ),
] as const

const stepUp = attack('RFC9470-3-acr_values', [401, 'insufficient_user_authentication'])

export const stepUps = [
  stepUp(
    'old-login-at-step-up',
    'A token of a login by password, where the API asks more',
    async (scene) =>
      scene.call(
        `${scene.resource}/step-up`,
        member(await redeem(scene, await code(scene)), 'access_token'),
      ),
  ),
  stepUp(
    'acr-by-refresh',
    'A better login, asked of a refresh, where there is no end-user to log in',
    async (scene) => {
      const form = { acr_values: 'urn:holdfast:mfa', max_age: '0' }
      const refreshed = await refresh(scene, await refreshToken(scene), { form })
      return scene.call(`${scene.resource}/step-up`, member(refreshed, 'access_token'))
    },
  ),
] as const
