/** Accounts on Fastify, for clients that prove possession of their token's key. */
import { cors, metadata, protect } from '@holdfast/resource-server/fastify'
import { fastify } from 'fastify'
import { browsers, options, port } from './options.ts'

const app = fastify()
await app.register(cors(browsers))
await app.register(metadata({ routes: [options] }))
await app.register(async (accounts) => {
  await accounts.register(protect(options)) // holds for every route of this scope
  accounts.get('/accounts', (request) => ({ owner: request.token.claims['sub'] }))
})
await app.listen({ port })
