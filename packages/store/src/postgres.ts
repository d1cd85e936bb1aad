export { RecordsInPostgres, type RecordsInPostgresOptions } from './postgres/records.ts'
