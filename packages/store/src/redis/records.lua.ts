import { script } from './connection.ts'
import { LIFE, OPENING } from './life.lua.ts'

/*
 * KEYS[1] is always the sentinel, and every key begins with KEYS[2], the hash tag: names found in a
 * record lead to further keys of the same slot. ARGV[1] is the clock of a test, ARGV[2] GRACE.
 *
 * A record is a hash; so that it can be listed, revoked and found by its index there are
 *   kind:<kind>    sorted set of ids by expiry
 *   grant:<grant>  sorted set of record keys by expiry
 *   index:<kind>:<index>  the id
 */
const RECORD = `
local now = store_time(ARGV[1])
local grace = tonumber(ARGV[2])
local prefix = KEYS[2]

local function record_key(kind, id) return prefix .. 'record:' .. #kind .. ':' .. kind .. id end
local function index_key(kind, index) return prefix .. 'index:' .. #kind .. ':' .. kind .. index end

-- {payload, consumed_at} of a record that can still be read, or nil
local function read(key)
  local found = redis.call('HMGET', key, 'payload', 'consumed_at', 'expires_at', 'id', 'index')
  if not found[1] then return nil end
  if found[3] and tonumber(found[3]) + grace <= now then return nil end
  return found
end

local function drop(key)
  local kind, id, index, grant = unpack(redis.call('HMGET', key, 'kind', 'id', 'index', 'grant'))
  if not kind then return end
  redis.call('ZREM', prefix .. 'kind:' .. kind, id)
  if grant then redis.call('ZREM', prefix .. 'grant:' .. grant, key) end
  if index and redis.call('GET', index_key(kind, index)) == id then
    redis.call('DEL', index_key(kind, index))
  end
  redis.call('DEL', key)
end

-- The set lives as long as its longest member; those that are over go, some with each write.
local function enlist(set, member, expires)
  local over = redis.call('ZRANGEBYSCORE', set, '-inf', whole(now - grace), 'LIMIT', 0, 100)
  if #over > 0 then redis.call('ZREM', set, unpack(over)) end
  redis.call('ZADD', set, expires or '+inf', member)
  local last = redis.call('ZRANGE', set, -1, -1, 'WITHSCORES')[2]
  if last == 'inf' then redis.call('PERSIST', set)
  else redis.call('PEXPIRE', set, whole(math.max(tonumber(last) + grace - now, 1))) end
end

-- ARGV from first on: kind, id, payload, expires_at, grant, index; '' where absent
local function write(first)
  local function given(n) if ARGV[first + n] ~= '' then return ARGV[first + n] end end
  local kind, id = ARGV[first], ARGV[first + 1]
  local expires, grant, index = given(3), given(4), given(5)
  local key = record_key(kind, id)
  drop(key)
  local life = expires and whole(math.max(tonumber(expires) + grace - now, 1))
  local fields = {'kind', kind, 'id', id, 'payload', ARGV[first + 2], 'written_at', whole(now)}
  for name, value in pairs({expires_at = expires, grant = grant, index = index}) do
    table.insert(fields, name)
    table.insert(fields, value)
  end
  redis.call('HSET', key, unpack(fields))
  enlist(prefix .. 'kind:' .. kind, id, expires)
  if grant then enlist(prefix .. 'grant:' .. grant, key, expires) end
  if index then redis.call('SET', index_key(kind, index), id) end
  if life then
    redis.call('PEXPIRE', key, life)
    if index then redis.call('PEXPIRE', index_key(kind, index), life) end
  end
end
`

/**
 * What is used once is refused while something used may have been lost. ARGV[3]: quarantine in
 * milliseconds; ARGV[4]: 'keeps' where a new life of the server has lost nothing.
 * ARGV[5]: 'new' where nothing was ever used under this name. `lost_at` is when the last loss was noticed.
 */
const QUARANTINE = `
local present = life()
local sentinel = redis.call('HMGET', KEYS[1], 'life', 'closed_until', 'lost_at')
local closed_until = tonumber(sentinel[2] or '0')
local lost_at = tonumber(sentinel[3] or '0')
if sentinel[1] ~= present then
  local kept
  if sentinel[1] then kept = ARGV[4] == 'keeps' else kept = ARGV[5] == 'new' end
  if not kept then lost_at, closed_until = now, now + tonumber(ARGV[3]) end
  redis.call('HSET', KEYS[1], 'life', present,
    'closed_until', whole(closed_until), 'lost_at', whole(lost_at))
end
if closed_until > now then return {'closed', whole(closed_until)} end
`

export const LOOK = script(LIFE, OPENING, RECORD, QUARANTINE, `return {'open'}`)

export const ADD = script(
  LIFE,
  RECORD,
  QUARANTINE,
  `
if read(record_key(ARGV[6], ARGV[7])) then return {'done', 0} end
write(6)
return {'done', 1}`,
)

export const CONSUME = script(
  LIFE,
  RECORD,
  QUARANTINE,
  `
local key = record_key(ARGV[6], ARGV[7])
local found = read(key)
if not found or found[2] then return {'done', 0} end
-- It may have been used, and that be lost, so it counts as used; and it may outlive the quarantine.
-- The clock of a server that is no more may have been ahead.
local written_at = redis.call('HGET', key, 'written_at')
if lost_at > 0 and tonumber(written_at or '0') < lost_at + grace then return {'done', 0} end
redis.call('HSET', key, 'consumed_at', whole(now))
return {'done', 1}`,
)

export const UPSERT = script(LIFE, RECORD, `write(3)`)

export const FIND = script(
  LIFE,
  RECORD,
  `
local found = read(record_key(ARGV[3], ARGV[4]))
if found then return {found[4], found[1], found[2]} end`,
)

export const FIND_BY_INDEX = script(
  LIFE,
  RECORD,
  `
local id = redis.call('GET', index_key(ARGV[3], ARGV[4]))
local found = id and read(record_key(ARGV[3], id))
if found and found[5] == ARGV[4] then return {found[4], found[1], found[2]} end`,
)

export const LIST = script(
  LIFE,
  RECORD,
  `
local all = {}
for _, id in ipairs(redis.call('ZRANGE', prefix .. 'kind:' .. ARGV[3], 0, -1)) do
  local found = read(record_key(ARGV[3], id))
  if found then table.insert(all, {found[4], found[1], found[2]}) end
end
return all`,
)

export const LIST_GRANT = script(
  LIFE,
  RECORD,
  `
local all = {}
for _, key in ipairs(redis.call('ZRANGE', prefix .. 'grant:' .. ARGV[3], 0, -1)) do
  local found = read(key)
  if found then
    table.insert(all, {redis.call('HGET', key, 'kind'), found[4], found[1], found[2]})
  end
end
return all`,
)

export const REMOVE = script(LIFE, RECORD, `drop(record_key(ARGV[3], ARGV[4]))`)

export const REVOKE_GRANT = script(
  LIFE,
  RECORD,
  `
local set = prefix .. 'grant:' .. ARGV[3]
for _, key in ipairs(redis.call('ZRANGE', set, 0, -1)) do drop(key) end
redis.call('DEL', set)`,
)
