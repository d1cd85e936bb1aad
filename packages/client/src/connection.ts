import type { FetchBody } from 'openid-client'
import { Agent, fetch as undiciFetch } from 'undici'

import type { ClientMaterial } from './material/material.ts'

/** The part of the Fetch API this package uses. */
export type Fetch = (url: string, request?: FetchRequest) => Promise<Response>

export interface FetchRequest {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: FetchBody
  readonly signal?: AbortSignal
}

export interface Connection {
  readonly fetch: Fetch
  /** Ends idle connections at once, busy ones when their response is read. */
  readonly close: () => Promise<void>
}

/**
 * FAPI 2.0 Security Profile §5.2: TLS 1.2 or newer, and with 1.2 only what BCP 195 recommends
 * (RFC 9325 §4.2). The first three are those of TLS 1.3.
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
]

/**
 * HTTPS with the trust of the material and no other, offering its certificate, if it has one, to a
 * server that asks. Without certificate it is what a browser of this installation would have.
 *
 * A redirect is never followed: the next origin must not see a token, a proof or an assertion.
 */
export function openConnection(
  material: Pick<ClientMaterial, 'trust' | 'certificate'>,
): Connection {
  const { trust, certificate } = material
  const agent = new Agent({
    allowH2: false, // one field line per header field, as the lab's pictures show them
    connect: {
      ca: trust,
      minVersion: 'TLSv1.2',
      ciphers: CIPHERS.join(':'),
      ...(certificate && { cert: certificate.chain, key: certificate.key }),
    },
  })
  return {
    fetch: (url, request) => {
      const { body = null, ...rest } = request ?? {}
      return undiciFetch(url, { ...rest, body, redirect: 'manual', dispatcher: agent })
    },
    close: () => agent.close(),
  }
}
