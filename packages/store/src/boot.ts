import { readFileSync } from 'node:fs'

/**
 * What the kernel calls its present run, or `undefined` where the system does not say (it is Linux
 * that does): whether the power was cut since can then not be known.
 */
export function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return undefined
  }
}
