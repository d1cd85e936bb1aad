/** Each grant from its first request to its last, at the token endpoint, which attacks edit. */
import {
  authReqId,
  code,
  deviceCode,
  exchange,
  member,
  poll,
  pollAuthentication,
  redeem,
  refresh,
  subjectToken,
} from './requests.ts'
import type { Edit, Honest, IssuerScene } from './stage.ts'

const victimsCode = (scene: IssuerScene, { authorization: form }: Edit = {}) =>
  code(scene, form && { form })

export const codeGrant: Honest = async (scene, edit) =>
  redeem(scene, await victimsCode(scene, edit), edit)

export const refreshGrant: Honest = async (scene, edit) => {
  const tokens = await redeem(scene, await victimsCode(scene, edit))
  return refresh(scene, member(tokens, 'refresh_token'), edit)
}

export const deviceGrant: Honest = async (scene, edit) => poll(scene, await deviceCode(scene), edit)

export const exchangeGrant: Honest = async (scene, edit) =>
  exchange(scene, await subjectToken(scene), edit)

export const cibaGrant: Honest = async (scene, edit) =>
  pollAuthentication(scene, await authReqId(scene), edit)
