import { ReplayMemoryInProcess } from '@holdfast/store'
import { ReplayMemoryInRedis } from '@holdfast/store/redis'
import { MARGIN, serve } from './serving.ts'

await serve(async ({ redis }) =>
  redis === undefined
    ? new ReplayMemoryInProcess()
    : ReplayMemoryInRedis.open({ server: { socket: { path: redis, tls: false } }, margin: MARGIN }),
)
