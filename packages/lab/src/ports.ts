/** Service → its variable, its default port. 0 lets the system choose. */
export const PORTS = {
  console: ['HOLDFAST_CONSOLE_PORT', 9080],
  certificateStatus: ['HOLDFAST_CERTIFICATE_STATUS_PORT', 9081],
  authorizationServer: ['HOLDFAST_AUTHORIZATION_SERVER_PORT', 9443],
  mtlsAlias: ['HOLDFAST_MTLS_ALIAS_PORT', 9444],
  authorizationServerManagement: ['HOLDFAST_AUTHORIZATION_SERVER_MANAGEMENT_PORT', 9445],
  resourceServer: ['HOLDFAST_RESOURCE_SERVER_PORT', 9543],
  resourceServerManagement: ['HOLDFAST_RESOURCE_SERVER_MANAGEMENT_PORT', 9545],
} as const

export type Service = keyof typeof PORTS

/** Those that speak TLS. What does not is of this machine. */
const SECURE = ['authorizationServer', 'mtlsAlias', 'resourceServer'] as const

export type SecureService = (typeof SECURE)[number]

export const isSecure = (service: Service): service is SecureService =>
  SECURE.some((one) => one === service)
