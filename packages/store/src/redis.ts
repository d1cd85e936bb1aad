export { type RedisServer } from './redis/connection.ts'
export { RecordsInRedis, type RecordsInRedisOptions } from './redis/records.ts'
export { ReplayMemoryInRedis, type ReplayMemoryInRedisOptions } from './redis/replay-memory.ts'
