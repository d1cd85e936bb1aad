/** Accounts on node:http alone, for clients that prove possession of their token's key. */
import { createServer } from 'node:http'
import { cors, metadata, protect } from '@holdfast/resource-server/node'
import { browsers, options, port } from './options.ts'

const accounts = protect(options, (request, response, token) => {
  if (request.url !== '/accounts') response.statusCode = 404
  response.end(JSON.stringify({ owner: token.claims['sub'] }))
})
createServer(cors(browsers, metadata({ routes: [options] }, accounts))).listen(port)
