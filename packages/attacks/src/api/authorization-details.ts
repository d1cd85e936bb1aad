/** What the end-user has consented to, detail by detail (RFC 9396). */
import type { Attack } from './attack.ts'

const insufficient = { status: 403, error: 'insufficient_scope' } as const

export const none: Attack = {
  id: 'token/without-details',
  title: 'A token with the right scope, but no payment that anybody consented to',
  clause: 'RFC9396-9',
  answer: insufficient,
  situation: 'payment-consent-required',
  play: ({ byMtls, send }) => send(byMtls()),
}

export const otherType: Attack = {
  id: 'token/other-detail',
  title: 'A token that lets accounts be seen, where a payment is asked for',
  clause: 'RFC9396-9',
  answer: insufficient,
  situation: 'payment-consent-required',
  forges: true,
  play: async ({ byMtls, send, forged }) => {
    const claims = { authorization_details: [{ type: 'account_information' }] }
    return send(byMtls({ token: await forged({ claims }) }))
  },
}

export const asText: Attack = {
  id: 'token/details-as-text',
  title: 'Authorization details as text, in which the type can be found',
  clause: 'RFC9396-9',
  answer: insufficient,
  situation: 'payment-consent-required',
  forges: true,
  play: async ({ byMtls, send, forged }) => {
    const claims = { authorization_details: '[{"type":"payment_initiation"}]' }
    return send(byMtls({ token: await forged({ claims }) }))
  },
}
