import { protect } from '@holdfast/resource-server'
import Koa from 'koa'
import { BODY } from '../scenario.ts'
import { options } from './holdfast.ts'
import { serve } from './serving.ts'

const app = new Koa()
app.use(protect(options))
app.use((ctx) => {
  ctx.body = BODY
})
await serve(app.callback())
