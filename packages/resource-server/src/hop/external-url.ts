import { type Fields, valuesOf } from '@holdfast/sender-constraint'
import { https, PolicyError } from '../setting.ts'
import { elementsOf, valuesIn } from './elements.ts'

/** Our external base URLs, by host and port as a client writes them: `api.example`, `b.example:8443`. */
export type ExternalUrls = ReadonlyMap<string, string>

/** @throws PolicyError if one is no base URL, or if two have one host */
export function checkExternalUrls(key: string, urls: readonly string[]): ExternalUrls {
  const byHost = new Map<string, string>()
  for (const url of urls) {
    https(key, url)
    if (url.endsWith('/')) throw new PolicyError(key, url, 'no slash at the end')
    const host = hostOf(url)
    if (byHost.has(host)) throw new PolicyError(key, url, 'URLs with a host of their own each')
    byHost.set(host, url)
  }
  return byHost
}

const hostOf = (url: string): string => url.slice('https://'.length).split('/')[0] ?? ''

/**
 * Which of our URLs the client asked for, by the word of an authenticated hop; `undefined`: it does
 * not say. Only a choice: nothing of what is forwarded becomes part of a URL.
 */
export function chosenUrl(
  fields: Fields,
  urls: ExternalUrls,
): { readonly url: string } | { readonly foreignHost: string } | undefined {
  const hosts = new Set([...valuesOf(fields, 'x-forwarded-host'), ...forwardedHosts(fields)])
  const [host, ...others] = [...hosts].map((value) => value.toLowerCase().replace(/:443$/, ''))
  if (host === undefined) return undefined
  const url = urls.get(host)
  return url !== undefined && others.every((other) => other === host)
    ? { url }
    : { foreignHost: [...hosts].join(', ') }
}

// RFC 7239 §4: several fields are one list.
function forwardedHosts(fields: Fields): readonly string[] {
  const values = valuesOf(fields, 'forwarded')
  if (values.length === 0) return []
  const element = elementsOf(values.join(','))?.at(-1)
  return element ? valuesIn(element, 'host') : values // which is no host of ours
}
