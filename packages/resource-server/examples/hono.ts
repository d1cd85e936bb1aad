/** Accounts on Hono, for clients that prove possession of their token's key. */
import { cors, metadata, protect } from '@holdfast/resource-server/hono'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { browsers, options, port } from './options.ts'

const app = new Hono()
app.use(cors(browsers), metadata({ routes: [options] }))
app.get('/accounts', protect(options), (c) => c.json({ owner: c.get('token').claims['sub'] }))
serve({ fetch: app.fetch, port })
