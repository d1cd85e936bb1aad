/** Accounts on Koa, for clients that prove possession of their token's key. */
import { cors, metadata, protect } from '@holdfast/resource-server/koa'
import { Router } from '@koa/router'
import Koa from 'koa'
import { browsers, options, port } from './options.ts'

const router = new Router()
router.get('/accounts', protect(options), (ctx) => {
  ctx.body = { owner: ctx.state.token.claims['sub'] }
})

const app = new Koa()
app.use(cors(browsers)).use(metadata({ routes: [options] }))
app.use(router.routes()).listen(port)
