/** How, and how long ago, the user was authenticated (RFC 9470). */
import type { Attack } from './attack.ts'
import { seconds } from '../seconds.ts'

const insufficient = { status: 401, error: 'insufficient_user_authentication' } as const

export const otherAcr: Attack = {
  id: 'token/other-acr',
  title: 'A token of a login by password, where the route asks more',
  clause: 'RFC9470-3-acr_values',
  answer: insufficient,
  situation: 'acr-required',
  forges: true,
  play: async ({ byMtls, send, forged }) =>
    send(byMtls({ token: await forged({ claims: { acr: 'urn:example:password' } }) })),
}

export const withoutAcr: Attack = {
  id: 'token/without-acr',
  title: 'A token that does not say how the user was authenticated',
  clause: 'RFC9470-3-acr_values',
  answer: insufficient,
  situation: 'acr-required',
  play: ({ byMtls, send }) => send(byMtls()),
}

export const oldLogin: Attack = {
  id: 'token/old-login',
  title: 'A token of a login of an hour ago, where the route asks for a recent one',
  clause: 'RFC9470-3-max_age',
  answer: insufficient,
  situation: 'recent-login-required',
  forges: true,
  play: async ({ byMtls, send, forged }) => {
    const claims = { auth_time: seconds() - 3_600 }
    return send(byMtls({ token: await forged({ claims }) }))
  },
}

export const loginToCome: Attack = {
  id: 'token/login-to-come',
  title: 'A token of a login in an hour',
  clause: 'RFC9470-3-max_age',
  answer: insufficient,
  situation: 'recent-login-required',
  forges: true,
  play: async ({ byMtls, send, forged }) => {
    const claims = { auth_time: seconds() + 3_600 }
    return send(byMtls({ token: await forged({ claims }) }))
  },
}
