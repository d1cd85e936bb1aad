import type { Records } from '@holdfast/store'

/** One of the library's models. */
interface Model<T> {
  readonly name: string
  find(id: string): Promise<T | undefined>
}

/** Everything that a model has of one end-user and that still stands. */
export async function ofEndUser<T>(
  records: Records,
  model: Model<T>,
  sub: string,
): Promise<readonly T[]> {
  const all = await records.list(model.name)
  const ids = all.filter(({ payload }) => payload['accountId'] === sub).map(({ id }) => id)
  const found = await Promise.all(ids.map((id) => model.find(id)))
  return found.filter((one) => one !== undefined)
}
