/** `fetch` of the platform, or one that trusts a certificate authority of its own. */
export type Fetch = (url: string, request: RequestInit) => Promise<Response>

/**
 * What the library may fetch: it notifies clients (CIBA-10.2, BCLOGOUT-2.5), and nothing else is turned on. Its own
 * guard refuses every loopback address, where a laboratory lives; here it is https to the hosts
 * that the configuration lists, by name, whatever their address. Only the status counts (CIBA-10.2):
 * whoever never ends its answer holds no connection of ours.
 *
 * @throws TypeError for any other URL
 */
export const notifying =
  (hosts: readonly string[], fetch: Fetch) =>
  async (input: string | URL | Request, request: RequestInit = {}): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.protocol !== 'https:' || !hosts.includes(url.hostname))
      throw new TypeError(`${url.origin} is not one of the hosts that are notified`)
    const { method, headers, body, signal } = request
    const answer = await fetch(url.href, {
      redirect: 'manual',
      ...(method !== undefined && { method }),
      ...(headers !== undefined && { headers }),
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
    })
    await answer.body?.cancel()
    return answer
  }
