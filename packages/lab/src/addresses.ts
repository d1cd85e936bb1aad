/** Where everything is, once the doors are open. No URL ends in a slash. */
export interface Addresses {
  readonly issuer: string
  readonly mtlsAlias: string
  readonly resource: string
  readonly console: string
  /** CRLs, OCSP and CA certificates: this URL is written into certificates. */
  readonly certificateStatus: string
  readonly authorizationServerManagement: string
  readonly resourceServerManagement: string
}

/** Of a service without TLS: it is of this machine, wherever the others are. */
export const localUrl = ({ port }: { readonly port: number }): string => `http://localhost:${port}`

/** The redirect URI of the lab's clients: a page that says that the code has arrived. */
export const redirectUriOf = ({ console: base }: Pick<Addresses, 'console'>): string =>
  `${base}/callback`

/** The resource indicators: one for each format of access token. */
export const resourcesOf = (resource: string) => ({ jwt: resource, opaque: `${resource}/opaque` })
