import { notifying } from '../../clients/notification.ts'
import { showLogout, showLoggedOut } from './logout.ts'
import { elementsOf, type Metadata } from '../../clients/client-metadata.ts'
import { isSafeRedirect } from '../../clients/client-rules.ts'
import type { Requirement } from '../../profiles/requirement.ts'

/** OpenID Connect RP-Initiated Logout and Back-Channel Logout: what holds for every client. */
export const LOGOUT = [
  {
    clause: 'RPLOGOUT-2',
    sentence: 'an end-user whom a client sends to log out is asked, on a page of ours',
    sets: () => ({
      features: {
        rpInitiatedLogout: {
          enabled: true,
          logoutSource: (ctx) => showLogout(ctx),
          postLogoutSuccessSource: (ctx) => showLoggedOut(ctx),
        },
      },
    }),
  },
  {
    clause: 'RPLOGOUT-3', // the library compares, and drops it where no client is named
    sentence:
      'the way back is one of the client’s post_logout_redirect_uris, exactly, or there is none',
  },
  {
    clause: 'RPLOGOUT-3.1',
    sentence: 'post_logout_redirect_uris are https, or http on a loopback host',
    asks: ({ post_logout_redirect_uris: uris }) => elementsOf(uris).every(isSafeRedirect),
  },
  {
    clause: 'BCLOGOUT-2.2',
    sentence:
      'backchannel_logout_uri is https, without fragment, on a host that the server is configured to notify',
    asks: notifiedOfLogoutAt,
    serves: ({ backchannel_logout_uri: uri }, { notificationHosts }) =>
      typeof uri !== 'string' || notificationHosts.includes(URL.parse(uri)?.hostname ?? ''),
    sets: ({ configuration, fetch }) => ({
      fetch: notifying(configuration.notificationHosts, fetch),
    }),
  },
  {
    clause: 'BCLOGOUT-2.5',
    sentence:
      'every client of a session that ends, which registered for it, is sent a logout token',
    sets: () => ({ features: { backchannelLogout: { enabled: true } } }),
  },
] as const satisfies readonly Requirement[]

function notifiedOfLogoutAt({ backchannel_logout_uri: uri }: Metadata): boolean {
  if (uri === undefined) return true
  return typeof uri === 'string' && !uri.includes('#') && URL.parse(uri)?.protocol === 'https:'
}
