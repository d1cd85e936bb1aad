import { serve } from '../../src/servers/serving.ts'

let left = 100

/** Answers some requests, and refuses all that come after them. */
await serve((_, response) => {
  left -= 1
  response.writeHead(left < 0 ? 401 : 200).end()
})
