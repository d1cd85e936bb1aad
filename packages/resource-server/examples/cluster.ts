/**
 * Accounts in four processes. A memory of its own in each worker would be WRONG: a stolen request
 * could be replayed once to every one of them. So the workers share one, and the nonces' secret.
 */
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { protect } from '@holdfast/resource-server/node'
import { ReplayMemoryInProcess } from '@holdfast/store'
import { BorrowedMemory, lend } from './borrowed-memory.ts'
import { options, port } from './options.ts'

if (cluster.isPrimary) {
  const found = lend(new ReplayMemoryInProcess())
  for (let worker = 0; worker < 4; worker += 1) cluster.fork(found)
} else {
  const accounts = protect({ ...options, memory: new BorrowedMemory() }, (_, response, token) => {
    response.end(JSON.stringify({ owner: token.claims['sub'], by: cluster.worker?.id }))
  })
  createServer(accounts).listen(port)
}
