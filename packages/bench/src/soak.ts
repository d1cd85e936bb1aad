/**
 * `pnpm soak NAME [--rounds N] [--engine NAME] [--json FILE]`. Exit codes: 0 the promise was kept, 1 it was broken,
 * 2 the command is wrong or a program that it needs is not installed, 130 interrupted.
 */
import { durability, failover } from './soaks/authorization-server/durability.ts'
import { malformedForServer } from './soaks/authorization-server/malformed/malformed.ts'
import { memory } from './soaks/authorization-server/memory.ts'
import { redisLoss } from './soaks/authorization-server/redis-loss.ts'
import { races } from './soaks/authorization-server/races.ts'
import { certificates } from './soaks/certificates.ts'
import { command } from './soaks/command.ts'
import { doubleSubmission } from './soaks/double-submission/double-submission.ts'
import { liveJtis } from './soaks/live-jtis.ts'
import { malformed } from './soaks/malformed/malformed.ts'
import { manyClients } from './soaks/many-clients.ts'

const SOAKS = [
  doubleSubmission(),
  malformed,
  liveJtis,
  manyClients,
  races,
  durability,
  failover,
  redisLoss,
  memory,
  certificates,
  malformedForServer,
]

process.exitCode = await command(process.argv.slice(2), SOAKS)
