import Koa from 'koa'
import { BODY } from '../scenario.ts'
import { serve } from './serving.ts'

const app = new Koa()
app.use((ctx) => {
  ctx.body = BODY
})
await serve(app.callback())
