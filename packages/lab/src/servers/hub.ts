/**
 * The trace hub: takes what the participants report, and hands out the story of one trace. It holds
 * tokens and proofs, so it lives on loopback, asks for the run's token, and forgets.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { Router } from '@koa/router'
import type { Reporter, TraceEvent } from '@holdfast/trace'
import Koa from 'koa'
import rawBody from 'raw-body'
import { z } from 'zod'
import { browserPage } from './browser-page.ts'

/** Traces kept; the oldest go first. */
const MOST_TRACES = 500
const MOST_EVENTS = 1_000
/** Of all traces together: whoever reaches a server has something kept here, a few kilobytes at a time. */
const MOST_OF_ALL = 20_000
/** Bytes of one event. */
const LONGEST = 1024 * 1024

export interface Hub {
  readonly report: Reporter
  readonly read: (trace: string) => readonly TraceEvent[]
  /** Needed to report and to read over HTTP. */
  readonly token: string
}

export function createHub(): Hub {
  const traces = new Map<string, TraceEvent[]>()
  let kept = 0
  const forgetOldest = () => {
    const [oldest] = traces
    if (!oldest) return
    traces.delete(oldest[0])
    kept -= oldest[1].length
  }
  return {
    token: randomBytes(32).toString('base64url'),
    report: (event) => {
      const events = traces.get(event.trace) ?? []
      if (events.length < MOST_EVENTS) {
        events.push(event)
        kept += 1
      }
      traces.set(event.trace, events)
      if (traces.size > MOST_TRACES || kept > MOST_OF_ALL) forgetOldest()
    },
    read: (trace) => traces.get(trace) ?? [],
  }
}

const headOfEvent = z.looseObject({
  type: z.enum(['request', 'response', 'decision']),
  trace: z.string().regex(/^[0-9a-f]{32}$/),
  span: z.string().regex(/^[0-9a-f]{16}$/),
})

type Shown = Parameters<typeof browserPage>[1]

/** The hub over HTTP, with the page to which the lab's clients are redirected. */
export function hubListener(hub: Hub, addresses: Shown): ReturnType<Koa['callback']> {
  const router = new Router()
  const known: Koa.Middleware = (ctx, next) => {
    if (isToken(hub.token, ctx.get('authorization'))) return next()
    ctx.status = 401
    ctx.body = { error: 'the token of the run file is wanted' }
    return undefined
  }
  router.get('/', (ctx) => {
    ctx.body = { addresses }
  })
  router.get('/callback', (ctx) => {
    ctx.body =
      'The authorization server sent the browser back to the client. You can close this page.\n'
  })
  router.get('/health', known, (ctx) => {
    ctx.body = { status: 'live' }
  })
  router.post('/events', known, async (ctx) => {
    const event = parseEvent(await rawBody(ctx.req, { limit: LONGEST, encoding: 'utf8' }))
    ctx.status = event ? 204 : 400
    if (event) hub.report(event)
  })
  router.get('/traces/:trace', known, (ctx) => {
    ctx.body = { events: hub.read(ctx.params['trace'] ?? '') }
  })
  browserPage(router, addresses)
  const app = new Koa()
  app.silent = true
  app.use(router.routes()).use(router.allowedMethods())
  return app.callback()
}

function parseEvent(text: string): TraceEvent | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isEvent(value) ? value : undefined
  } catch {
    return undefined
  }
}

// Events come from our own processes: their head is checked so that they can be filed.
const isEvent = (value: unknown): value is TraceEvent => headOfEvent.safeParse(value).success

function isToken(token: string, field: string): boolean {
  const [expected, actual] = [Buffer.from(`Bearer ${token}`), Buffer.from(field)]
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}
