/** The same small API on every framework: CORS, metadata, one protected route, and one mounted. */
import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import * as onExpress from '../src/adapters/express.ts'
import * as onFastify from '../src/adapters/fastify.ts'
import * as onHono from '../src/adapters/hono.ts'
import * as onKoa from '../src/adapters/koa.ts'
import * as onNode from '../src/adapters/node.ts'
import type { CorsOptions, MetadataOptions, ProtectOptions } from '../src/index.ts'
import type { Members } from './mint.ts'

export interface Api {
  readonly protect: ProtectOptions
  readonly cors: CorsOptions
  readonly metadata: MetadataOptions
  /** What a handler does; what it returns is sent. Its call shows that a request got through. */
  readonly handle: (claims: Members) => object
}

/** Every route is `/accounts`; where the framework can mount, `/v1/accounts` is one as well. */
export const FRAMEWORKS: Readonly<Record<string, (api: Api) => Promise<RequestListener>>> = {
  express: async ({ protect, cors, metadata, handle }) => {
    const app = express()
    app.use(onExpress.cors(cors), onExpress.metadata(metadata))
    const guarded = express.Router()
    guarded.all('/accounts', onExpress.protect(protect), (_, res) => {
      res.json(handle(res.locals.token.claims))
    })
    return app.use('/v1', guarded).use(guarded)
  },

  fastify: async ({ protect, cors, metadata, handle }) => {
    const app = fastify()
    await app.register(onFastify.cors(cors))
    await app.register(onFastify.metadata(metadata))
    for (const prefix of ['', '/v1'])
      await app.register(
        async (scope) => {
          // Before `protect`: hooks of a scope hold for all of its routes, in whatever order.
          scope.all('/accounts', (request) => handle(request.token.claims))
          await scope.register(onFastify.protect(protect))
        },
        { prefix },
      )
    await app.ready()
    return (request, response) => app.routing(request, response)
  },

  hono: async ({ protect, cors, metadata, handle }) => {
    const accounts = new Hono().all('/accounts', onHono.protect(protect), (c) =>
      Response.json(handle(c.get('token').claims)),
    )
    const app = new Hono()
    app.use(onHono.cors(cors), onHono.metadata(metadata))
    const listener = getRequestListener(app.route('/', accounts).route('/v1', accounts).fetch)
    return (request, response) => void listener(request, response)
  },

  koa: async ({ protect, cors, metadata, handle }) => {
    const app = new Koa()
    app.use(onKoa.cors(cors)).use(onKoa.metadata(metadata))
    app.use((ctx, next) => {
      if (ctx.path.startsWith('/v1/')) ctx.path = ctx.path.slice(3) // as koa-mount does
      return next()
    })
    app.use(onKoa.protect(protect)).use((ctx) => {
      ctx.body = handle(ctx.state['token'].claims)
    })
    const listener = app.callback()
    return (request, response) => void listener(request, response)
  },

  node: async ({ protect, cors, metadata, handle }) => {
    const accounts = onNode.protect(protect, (_, response, token) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(handle(token.claims)))
    })
    return onNode.cors(cors, onNode.metadata(metadata, accounts))
  },
}
