export { RecordsInPostgres, type RecordsInPostgresOptions } from './postgres/records.ts'
export {
  ReplayMemoryInPostgres,
  type ReplayMemoryInPostgresOptions,
} from './postgres/replay-memory.ts'
