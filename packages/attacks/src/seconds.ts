/** Since the epoch, whole: how a JWT tells the time (RFC 7519 §2). */
export const seconds = (): number => Math.floor(Date.now() / 1_000)
