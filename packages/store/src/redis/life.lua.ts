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
