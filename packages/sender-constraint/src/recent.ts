/**
 * A bounded memory of what has been used lately. Two generations: what is asked for moves to the
 * young one; when that is full it becomes the old one, and the old one is forgotten. No entry costs
 * more than a look-up, and at most twice `size` are kept.
 */
export class Recent<V> {
  readonly #size: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()

  constructor(size: number) {
    this.#size = size
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.keep(key, old)
    return old
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
