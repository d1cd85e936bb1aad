import { StoreError } from '../records.ts'

/**
 * Lua shared by the scripts. `life()` names the present life of the data as the server sees it: its
 * run id changes with every restart, its replication id with every promotion of a replica, also of
 * one that was primary before. `renamed(life)` says of an earlier life that it goes on under a new
 * replication id: a primary takes one when its first replica joins, or its backlog is given up, and
 * then names no id before it, as one that was promoted does. `store_time(given)` is the server's clock in milliseconds, unless a
 * test gives another.
 */
export const LIFE = `
local function life()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
    .. ':' .. string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
end
local function renamed(earlier)
  local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
  local before = string.match(redis.call('INFO', 'replication'), 'master_replid2:(%w+)')
  return earlier and string.match(earlier, '^(%w+):') == run_id and string.match(before, '^0+$')
end
local function store_time(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function whole(number) return string.format('%.0f', number) end
`

const LAYOUT = 1

/** At the head of what is run at opening: refuses keys that a newer program has laid out anew. */
export const OPENING = `
local layout = redis.call('HGET', KEYS[1], 'layout')
if layout and tonumber(layout) > ${LAYOUT} then return {'newer', layout} end
redis.call('HSET', KEYS[1], 'layout', '${LAYOUT}')
`

/** @throws StoreError where that has refused */
export function refuseNewer(reply: unknown): void {
  const [state, layout] = Array.isArray(reply) ? reply.map(String) : []
  if (state === 'newer')
    throw new StoreError(`Redis: layout ${layout} is newer than this program's ${LAYOUT}`)
}
