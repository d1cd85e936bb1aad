/**
 * A bounded memory of what has been used lately. Two generations: what is asked for moves to the
 * young one; when that is full it becomes the old one, and the old one is forgotten. No entry costs
 * more than a look-up, and at most twice `size` are kept.
 */
export class Recent<V> {
  readonly #size: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  #found = 0
  #missed = 0

  constructor(size: number) {
    this.#size = size
  }

  /** Entries, those in both generations twice; how often `get` has found one, and how often none. */
  get figures(): { readonly entries: number; readonly hits: number; readonly misses: number } {
    return { entries: this.#young.size + this.#old.size, hits: this.#found, misses: this.#missed }
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key)
    const value = young ?? this.#old.get(key)
    if (value === undefined) {
      this.#missed += 1
      return undefined
    }
    this.#found += 1
    if (young === undefined) this.keep(key, value)
    return value
  }

  keep(key: string, value: V): void {
    if (this.#young.get(key) === value) return
    if (this.#young.size >= this.#size && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  forget(key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
