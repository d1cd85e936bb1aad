import { workerData } from 'node:worker_threads'
import { type SigningJob, writeSigned } from './signing.ts'

const job: SigningJob = workerData
await writeSigned(job)
