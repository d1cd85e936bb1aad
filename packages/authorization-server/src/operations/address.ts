/**
 * Whom an address stands for: an IPv4 address for itself, an IPv6 address for its network of 64
 * bits, all of which one host can have.
 */
export function network(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  const text = address.replace(/^::ffff:(?=[\d.]+$)/i, '')
  if (!text.includes(':')) return text
  const [head = '', tail] = text.replace(/%.*$/, '').split('::')
  const groups = (part: string | undefined) => (part ? part.split(':') : [])
  const [first, last] = [groups(head), groups(tail)]
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length
  const all = [...first, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...last]
  return `${all.slice(0, 4).join(':')}::/64`
}
