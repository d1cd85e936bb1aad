/** Handlers find the token where their framework keeps such things, and it is not `any`. */
import { Router } from '@koa/router'
import express from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import { expect, expectTypeOf, test } from 'vitest'
import * as onExpress from '../src/adapters/express.ts'
import * as onFastify from '../src/adapters/fastify.ts'
import * as onHono from '../src/adapters/hono.ts'
import * as onKoa from '../src/adapters/koa.ts'
import * as onNode from '../src/adapters/node.ts'
import { PolicyError, type ProtectedState, type ProtectOptions } from '../src/index.ts'
import { ReplayMemoryInProcess } from '@holdfast/store'
import { ISSUER, RESOURCE } from './mint.ts'

type Token = ProtectedState['token']

const options: ProtectOptions = {
  resource: RESOURCE,
  issuer: ISSUER,
  audience: RESOURCE,
  scopes: [],
  memory: new ReplayMemoryInProcess(),
  nonceSecret: new Uint8Array(32),
  tokens: () => ({ form: 'unavailable', reason: 'nobody is asked' }),
}

test('Express: res.locals.token, also where the path has parameters', () => {
  express().get('/accounts/:id', onExpress.protect(options), (req, res) => {
    expectTypeOf(res.locals.token).toEqualTypeOf<Token>()
    expectTypeOf(req.params['id']).not.toBeAny()
  })
})

test('Fastify: request.token', () => {
  const app = fastify().register(onFastify.protect(options))
  app.get('/accounts', (request) => {
    expectTypeOf(request.token).toEqualTypeOf<Token>()
  })
})

test("Hono: c.get('token') and c.var.token", () => {
  new Hono().get('/accounts', onHono.protect(options), (c) => {
    expectTypeOf(c.get('token')).toEqualTypeOf<Token>()
    expectTypeOf(c.var.token).toEqualTypeOf<Token>()
    return c.body(null)
  })
})

test('Koa: ctx.state.token', () => {
  new Router().get('/accounts', onKoa.protect(options), (ctx) => {
    expectTypeOf(ctx.state.token).toEqualTypeOf<Token>()
  })
})

test('node: the third argument', () => {
  onNode.protect(options, (_, __, token) => {
    expectTypeOf(token).toEqualTypeOf<Token>()
  })
})

test.for([onExpress, onFastify, onHono, onKoa])('a bad policy is refused at start', (adapter) => {
  const wrong = { ...options, issuer: 'http://as.example' }
  expect(() => adapter.protect(wrong)).toThrow(PolicyError)
  expect(() => adapter.cors({ origins: ['*'] })).toThrow(PolicyError)
  expect(() => adapter.metadata({ routes: [wrong] })).toThrow(PolicyError)
})
