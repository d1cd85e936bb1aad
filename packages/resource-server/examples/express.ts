/** Accounts on Express, for clients that prove possession of their token's key. */
import { cors, metadata, protect } from '@holdfast/resource-server/express'
import express from 'express'
import { browsers, options, port } from './options.ts'

const app = express()
app.use(cors(browsers), metadata({ routes: [options] }))
app.get('/accounts', protect(options), (_, res) => {
  res.json({ owner: res.locals.token.claims['sub'] })
})
app.listen(port)
