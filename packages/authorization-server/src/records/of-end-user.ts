import type { Records } from '@holdfast/store'

/** One of the library's models. */
interface Model<T> {
  readonly name: string
  find(id: string): Promise<T | undefined>
}

/** Under this name is what an end-user looks through: their grants, and the requests that wait for them. */
export const belongingTo = (sub: string): string => `end-user ${sub}`

/**
 * Everything that a model has of one end-user and that still stands. Found by a name that the store has
 * an index of: whoever looks at a page does not have everybody's records read.
 */
export async function ofEndUser<T>(
  records: Records,
  model: Model<T>,
  sub: string,
): Promise<readonly T[]> {
  const all = await records.listGrant(belongingTo(sub))
  const ids = all.filter(({ kind }) => kind === model.name).map(({ id }) => id)
  const found = await Promise.all(ids.map((id) => model.find(id)))
  return found.filter((one) => one !== undefined)
}
