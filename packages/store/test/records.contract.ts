/** The definition of `Records`: every engine passes all of it. */
import { expect, test } from 'vitest'
import { GRACE, type Records } from '../src/index.ts'

const START = 1_700_000_000_000

export function recordsContract(open: (now: () => number) => Promise<Records>): void {
  async function start() {
    const clock = { time: START }
    const records = await open(() => clock.time)
    return { clock, records }
  }
  const code = { kind: 'Code', id: 'a', payload: { sub: 'alice', nested: { n: 1 } } }

  test('finds what was written, by kind and id', async () => {
    const { records } = await start()
    await records.upsert(code)
    expect(await records.find('Code', 'a')).toEqual(code)
    expect(await records.find('Token', 'a')).toBeUndefined()
    expect(await records.find('Code', 'b')).toBeUndefined()
  })

  test('finds by index within the kind', async () => {
    const { records } = await start()
    await records.upsert({ ...code, kind: 'Session', index: 'uid-1' })
    expect((await records.findByIndex('Session', 'uid-1'))?.id).toBe('a')
    expect(await records.findByIndex('Code', 'uid-1')).toBeUndefined()
  })

  test('a payload handed out is a copy', async () => {
    const { records } = await start()
    await records.upsert(code)
    const found = await records.find('Code', 'a')
    Object.assign(found!.payload, { sub: 'mallory' })
    expect((await records.find('Code', 'a'))?.payload).toEqual(code.payload)
  })

  test('lists one kind', async () => {
    const { records } = await start()
    await records.upsert(code)
    await records.upsert({ ...code, id: 'b' })
    await records.upsert({ ...code, kind: 'Token' })
    expect((await records.list('Code')).map(({ id }) => id).sort()).toEqual(['a', 'b'])
  })

  test('add: exactly one of 50 in parallel', async () => {
    const { records } = await start()
    const added = await Promise.all(Array.from({ length: 50 }, () => records.add(code)))
    expect(added.filter(Boolean)).toHaveLength(1)
  })

  test('add: again once the record and its grace are over', async () => {
    const { clock, records } = await start()
    const record = { ...code, expiresAt: START + 1_000 }
    expect(await records.add(record)).toBe(true)
    clock.time = START + 1_000 + GRACE - 1
    expect(await records.add(record)).toBe(false)
    clock.time = START + 1_000 + GRACE
    expect(await records.add({ ...record, expiresAt: clock.time + 1_000 })).toBe(true)
  })

  test('consume: exactly one of 50 in parallel, and the record stays readable', async () => {
    const { records } = await start()
    await records.upsert(code)
    const consumed = await Promise.all(
      Array.from({ length: 50 }, () => records.consume('Code', 'a')),
    )
    expect(consumed.filter(Boolean)).toHaveLength(1)
    expect(await records.find('Code', 'a')).toEqual({ ...code, consumedAt: START })
  })

  test('consume: nothing there, or expired', async () => {
    const { clock, records } = await start()
    expect(await records.consume('Code', 'a')).toBe(false)
    await records.upsert({ ...code, expiresAt: START + 1 })
    clock.time = START + 1 + GRACE
    expect(await records.consume('Code', 'a')).toBe(false)
  })

  test('expires to the millisecond, fractional lives rounded up', async () => {
    const { clock, records } = await start()
    await records.upsert({ ...code, expiresAt: START + 0.5 })
    clock.time = START + GRACE
    expect(await records.find('Code', 'a')).toBeDefined()
    clock.time = START + GRACE + 1
    expect(await records.find('Code', 'a')).toBeUndefined()
    expect(await records.list('Code')).toEqual([])
  })

  test('revokes a grant over all kinds, and nothing else', async () => {
    const { records } = await start()
    await records.upsert({ ...code, grant: 'g' })
    await records.upsert({ ...code, kind: 'RefreshToken', grant: 'g' })
    await records.upsert({ ...code, kind: 'AccessToken', grant: 'other' })
    const listed = await records.listGrant('g')
    expect(listed).toHaveLength(2)
    expect(listed).toEqual(expect.arrayContaining([code, { ...code, kind: 'RefreshToken' }]))
    await records.revokeGrant('g')
    expect(await records.listGrant('g')).toEqual([])
    expect(await records.find('Code', 'a')).toBeUndefined()
    expect(await records.find('RefreshToken', 'a')).toBeUndefined()
    expect(await records.find('AccessToken', 'a')).toBeDefined()
  })

  test('remove', async () => {
    const { records } = await start()
    await records.upsert(code)
    await records.remove('Code', 'a')
    expect(await records.find('Code', 'a')).toBeUndefined()
  })

  test('upsert replaces index and grant, and makes usable again', async () => {
    const { records } = await start()
    await records.upsert({ ...code, index: 'old', grant: 'old' })
    await records.consume('Code', 'a')
    await records.upsert({ ...code, index: 'new', grant: 'new' })
    expect(await records.findByIndex('Code', 'old')).toBeUndefined()
    expect((await records.findByIndex('Code', 'new'))?.id).toBe('a')
    await records.revokeGrant('old')
    expect(await records.consume('Code', 'a')).toBe(true)
    await records.revokeGrant('new')
    expect(await records.find('Code', 'a')).toBeUndefined()
    expect(await records.findByIndex('Code', 'new')).toBeUndefined()
  })

  test('what is for good stays, whatever else its grant held', async () => {
    const { clock, records } = await start()
    await records.upsert({ ...code, grant: 'g' })
    await records.upsert({ ...code, id: 'b', grant: 'g', expiresAt: START + 1_000 })
    clock.time = START + 10 * 86_400_000
    await records.upsert({ ...code, id: 'c', grant: 'g' })
    expect((await records.listGrant('g')).map(({ id }) => id).sort()).toEqual(['a', 'c'])
    expect((await records.list('Code')).map(({ id }) => id).sort()).toEqual(['a', 'c'])
    await records.revokeGrant('g')
    expect(await records.list('Code')).toEqual([])
  })

  test('ids and indexes are any strings', async () => {
    const { records } = await start()
    const ids = [
      '',
      '\0',
      'a\0b',
      '\\0',
      '\\',
      'a:b',
      '{a}',
      "'; --",
      'é€😀',
      '\n',
      'x'.repeat(300),
    ]
    for (const id of ids) expect(await records.add({ ...code, id, index: `i${id}` })).toBe(true)
    for (const id of ids) {
      expect(await records.find('Code', id)).toEqual({ ...code, id })
      expect((await records.findByIndex('Code', `i${id}`))?.id).toBe(id)
    }
    expect((await records.list('Code')).map(({ id }) => id).sort()).toEqual([...ids].sort())
  })

  test('looking for what nobody can have written is no error', async () => {
    const { records } = await start()
    for (const id of ['\0', '\ud800', 'x'.repeat(100_000)]) {
      expect(await records.find('Code', id)).toBeUndefined()
      expect(await records.findByIndex('Code', id)).toBeUndefined()
      expect(await records.consume('Code', id)).toBe(false)
      await records.remove('Code', id)
      await records.revokeGrant(id)
    }
  })

  test('increment: 50 in parallel give 1 to 50', async () => {
    const { records } = await start()
    const values = await Promise.all(
      Array.from({ length: 50 }, () => records.increment('status-index')),
    )
    expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
  })
}
