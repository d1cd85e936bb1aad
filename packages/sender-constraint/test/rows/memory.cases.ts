import { certificateBound, type Draft, NOW, nonceAt } from '../honest.ts'
import type { RowCases } from './case.ts'
import { unchanged } from './case.ts'

const answering = (answer: Draft['answer']) => (r: Draft) => {
  r.answer = answer
}
const bearer = { 'a Bearer request': [certificateBound, answering('seen')] } as const

export const MEMORY_CASES: readonly RowCases[] = [
  {
    clause: 'RFC9449-11.1-3',
    answer: [401, 'use_dpop_nonce'],
    holds: {
      // ahead (10 s) and margin (5 s) after the memory began
      'iat a millisecond after the memory can vouch for it': (r) => {
        r.since = NOW - 15_001
      },
      'a nonce, right after a restart': (r) => {
        r.since = NOW
        r.proof!.claims['nonce'] = nonceAt(NOW)
      },
    },
    refuses: {
      'iat at the moment from which the memory can vouch': (r) => {
        r.since = NOW - 15_000
      },
      'iat right after a restart': (r) => {
        r.since = NOW
      },
      'iat inside a wider margin': (r) => {
        r.since = NOW - 15_001
        r.policy.clockMargin = 6
      },
    },
    notApplicable: bearer,
  },
  {
    clause: 'RFC9110-15.6.4',
    which: 4,
    answer: [503, 'temporarily_unavailable'],
    holds: { 'a use that was recorded': unchanged },
    refuses: {
      'a full memory': answering('full'),
      'an unreachable one': answering('unreachable'),
    },
    notApplicable: bearer,
  },
  {
    clause: 'RFC9449-11.1-3',
    which: 2,
    answer: [401, 'use_dpop_nonce'],
    holds: { 'the generation we knew': unchanged },
    refuses: { 'a new generation': answering('new-generation') },
    notApplicable: bearer,
  },
  {
    clause: 'RFC6585-4',
    answer: [429, 'temporarily_unavailable'],
    holds: { 'a key within its quota': unchanged },
    refuses: { 'a key over its quota': answering('over-quota') },
    notApplicable: bearer,
  },
  {
    clause: 'RFC9449-11.1-2',
    answer: [401, 'invalid_dpop_proof'],
    holds: { 'the first use': unchanged },
    refuses: { 'the second use': answering('seen') },
    notApplicable: bearer,
  },
  {
    clause: 'RFC9449-11.3',
    answer: [401, 'use_dpop_nonce'],
    holds: { 'a client that has none': unchanged },
    refuses: { 'one that was given a nonce': answering('nonce-left-out') },
    notApplicable: bearer,
  },
]
