const BITS = 13
const PAGE = 1 << BITS

/** A growing array of unsigned 32-bit numbers, in pages: growing copies nothing. */
export class Column {
  readonly #pages: Uint32Array[] = []
  readonly #initial: number

  /** @param initial what a place holds that was never set */
  constructor(initial = 0) {
    this.#initial = initial
  }

  /** Makes room for the place, if there is none yet. Places are opened in ascending order. */
  open(place: number): void {
    if (place >>> BITS === this.#pages.length)
      this.#pages.push(new Uint32Array(PAGE).fill(this.#initial))
  }

  get(place: number): number {
    return this.#pages[place >>> BITS]![place & (PAGE - 1)]!
  }

  set(place: number, value: number): void {
    this.#pages[place >>> BITS]![place & (PAGE - 1)] = value
  }
}
