import type { Line } from '../../soak.ts'

const WAYS = ['edited', 'generated', 'spoilt bytes'] as const
export type Way = (typeof WAYS)[number]

/** How often which status was the answer, by how the request came about. */
export class Tally {
  readonly #counts = new Map<number, Map<Way, number>>()
  total = 0

  /** @param status 0: there was no answer */
  add(way: Way, status: number): void {
    const counts = this.#counts.get(status) ?? new Map<Way, number>()
    counts.set(way, (counts.get(way) ?? 0) + 1)
    this.#counts.set(status, counts)
    this.total += 1
  }

  lines(more: Readonly<Record<string, number>>): readonly Line[] {
    const row = (status: string, cell: (way: Way) => number | string): Line =>
      Object.fromEntries([['status', status], ...WAYS.map((way) => [way, cell(way)])])
    return [
      ...[...this.#counts]
        .toSorted(([one], [other]) => one - other)
        .map(([status, counts]) =>
          row(status === 0 ? 'no answer' : `${status}`, (way) => counts.get(way) ?? 0),
        ),
      ...Object.entries(more).map(([what, number]) =>
        row(what, (way) => (way === 'edited' ? number : '')),
      ),
    ]
  }
}
