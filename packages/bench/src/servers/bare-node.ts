import { BODY } from '../scenario.ts'
import { serve } from './serving.ts'

await serve((_, response) => {
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.end(JSON.stringify(BODY))
})
