/** The format: Token Status List, draft-ietf-oauth-status-list-21. */
import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readStatusList, statusAt } from '../src/status-list.ts'

const read = (bits: unknown, lst: unknown) => readStatusList({ bits, lst })
const packed = (...bytes: readonly number[]) =>
  deflateSync(Buffer.from(bytes)).toString('base64url')

describe('the examples of §4.1', () => {
  test('one bit', async () => {
    const list = await read(1, 'eNrbuRgAAhcBXQ')
    expect([...list.bytes]).toEqual([0xb9, 0xa3])
    const values = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    expect(values.map((_, idx) => statusAt(list, idx))).toEqual(
      values.map((value) => (value === 1 ? 'revoked' : 'valid')),
    )
  })

  test('two bits', async () => {
    const list = await read(2, 'eNo76fITAAPfAgc')
    expect([...list.bytes]).toEqual([0xc9, 0x44, 0xf9])
    const meanings = ['valid', 'revoked', 'suspended', 'other']
    const values = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]
    expect(values.map((_, idx) => statusAt(list, idx))).toEqual(
      values.map((value) => meanings[value]),
    )
  })
})

const PLACES = [
  0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345,
] as const

describe('the vectors of appendix C, of a million tokens and more', () => {
  const BIT_1 =
    'eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAAA' +
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAAAAAAAAAAAJ' +
    'sLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb'
  test('C.1: one bit', async () => {
    const list = await read(1, BIT_1)
    expect(list.bytes).toHaveLength(131_072)
    const revoked = Array.from({ length: 1_048_576 }, (_, idx) => idx).filter(
      (idx) => statusAt(list, idx) !== 'valid',
    )
    expect(revoked).toEqual(PLACES)
  })

  test('C.2: two bits', async () => {
    const lst =
      'eNrt2zENACEQAEEuoaBABP5VIO01fCjIHTMStt9ovGVIAAAAAABAbiEBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEB5' +
      'WwIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' +
      'AAAAAAAAAID0ugQAAAAAAAAAAAAAAAAAQG12SgAAAAAAAAAAAAAAAAAAAAAAAAAAAOCSIQEAAAAAAAAAAAAAAAAAAAAAAAD8ExIA' +
      'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwJEuAQAAAAAAAAAAAAAAAAAAAAAAAMB9SwIAAAAAAAAAAAAAAAAAAACoYUoA' +
      'AAAAAAAAAAAAAEBqH81gAQw'
    const list = await read(2, lst)
    const values = [1, 2, 1, 3, 1, 1, 2, 1, 1, 2, 3]
    const meanings = ['valid', 'revoked', 'suspended', 'other']
    expect(PLACES.map((idx) => statusAt(list, idx))).toEqual(values.map((value) => meanings[value]))
    expect(statusAt(list, 1)).toBe('valid')
  })
})

test('four and eight bits', async () => {
  const four = await read(4, packed(0x20, 0x51))
  expect([0, 1, 2, 3].map((idx) => statusAt(four, idx))).toEqual([
    'valid',
    'suspended',
    'revoked',
    'other',
  ])
  const eight = await read(8, packed(0x02, 0xff, 0x00, 0x01))
  expect([0, 1, 2, 3].map((idx) => statusAt(eight, idx))).toEqual([
    'suspended',
    'other',
    'valid',
    'revoked',
  ])
})

test.for([
  ['its last place', 15, 'revoked'],
  ['a place behind its end', 16, 'out of range'],
  ['a place far behind its end', Number.MAX_SAFE_INTEGER, 'out of range'],
  ['a place beyond integers', 2 ** 53, 'out of range'],
  ['a negative place', -1, 'out of range'],
  ['half a place', 0.5, 'out of range'],
  ['a place that is text', '0', 'out of range'],
  ['a place that is null', null, 'out of range'],
  ['no place', undefined, 'out of range'],
] as const)('%s: %j is %s', async ([, idx, expected]) => {
  expect(statusAt(await read(1, 'eNrbuRgAAhcBXQ'), idx)).toBe(expected)
})

// Ours, and those of zlib.
const NOT_A_LIST =
  /^a status list is 1, 2, 4 or 8 bits|^incorrect|^unknown|^unexpected end|^Cannot create a Buffer larger/

test.for([
  ['three bits', { bits: 3, lst: 'eNrbuRgAAhcBXQ' }],
  ['bits that are text', { bits: '1', lst: 'eNrbuRgAAhcBXQ' }],
  ['no bits', { lst: 'eNrbuRgAAhcBXQ' }],
  ['no list', { bits: 1 }],
  ['a list that is no text', { bits: 1, lst: [1] }],
  ['a list that is not deflated', { bits: 1, lst: 'uaM' }],
  ['a list that is cut off', { bits: 1, lst: 'eNrbuRgAAhc' }],
  ['a list with a wrong checksum', { bits: 1, lst: 'eNrbuRgAAhcBXA' }],
  [
    'more than four MiB',
    { bits: 1, lst: deflateSync(Buffer.alloc(4_194_305)).toString('base64url') },
  ],
  ['null', null],
  ['nothing', undefined],
] as const)('%s is no list', async ([, claim]) => {
  await expect(readStatusList(claim)).rejects.toThrow(NOT_A_LIST)
})

test('four MiB are one', async () => {
  const lst = deflateSync(Buffer.alloc(4_194_304)).toString('base64url')
  expect(statusAt(await read(1, lst), 33_554_431)).toBe('valid')
})
