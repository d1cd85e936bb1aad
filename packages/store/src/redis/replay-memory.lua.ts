import { script } from './connection.ts'
import { LIFE, OPENING } from './life.lua.ts'

/** Milliseconds. Within them a promotion cannot have been forgotten, but for a backlog kept shorter. */
const WATCHED = 10_000

/**
 * KEYS[1] is the sentinel: which life of the server its generation belongs to. Where it is missing
 * (a flush) or names another life (a restart, a failover), records may be gone: a new generation
 * begins, named by the caller's random candidate, for Lua's own random numbers repeat. It goes on
 * where its server has been renamed and somebody has looked at it all the while.
 */
const GENERATION = `
local now = store_time(ARGV[1])
local margin = tonumber(ARGV[2])
local present = life()
local sentinel = redis.call('HMGET', KEYS[1], 'life', 'generation', 'since', 'looked')
local generation, since = sentinel[2], sentinel[3]
if sentinel[1] ~= present and sentinel[4] and now - sentinel[4] <= ${WATCHED}
  and renamed(sentinel[1]) then
  redis.call('HSET', KEYS[1], 'life', present)
elseif sentinel[1] ~= present then
  generation, since = ARGV[3], whole(now + margin)
  redis.call('HSET', KEYS[1], 'life', present, 'generation', generation, 'since', since)
end
local function answer(outcome) return {outcome, generation, since, whole(now)} end
`

/** ARGV: clock, margin, candidate */
export const LOOK = script(
  LIFE,
  OPENING,
  GENERATION,
  `
redis.call('HSET', KEYS[1], 'looked', whole(now))
return answer('looked')
`,
)

/**
 * An owner was given a nonce: that stands in its tally, for as long as the nonce may be used.
 *
 * KEYS: sentinel, the tally of the owner. ARGV: clock, margin, candidate, until, the caller's clock
 */
export const GIVE = script(
  LIFE,
  GENERATION,
  `
local till = tonumber(ARGV[4])
local held = tonumber(redis.call('HGET', KEYS[2], 'nonce')) or 0
redis.call('HSET', KEYS[2], 'nonce', whole(math.max(held, till)))
local keep = math.ceil(math.max(till - now, till - tonumber(ARGV[5]), 0) + margin) + 1000
if redis.call('PTTL', KEYS[2]) < keep then redis.call('PEXPIRE', KEYS[2], whole(keep)) end
return answer('given')
`,
)

/**
 * KEYS: sentinel, the use, the tally of all, the tally of its owner.
 * ARGV: clock, margin, candidate, the caller's generation, until, the caller's clock, limits, and
 * '1' if the use is one without a nonce
 *
 * A tally counts the live records by the second in which they end, and gives back once a second
 * what has ended: its cost depends on the length of lives, not on the number of records.
 *
 * The use lives until neither the server's clock nor the caller's says that it is over: a caller
 * behind the server still accepts it, and one ahead of it must not make it short.
 */
export const PUT = script(
  LIFE,
  GENERATION,
  `
if ARGV[4] ~= generation then return answer('new-generation') end

local seen = redis.call('GET', KEYS[2])
if seen and tonumber(seen) >= now then return answer('seen') end
if ARGV[9] == '1' then
  local till = tonumber(redis.call('HGET', KEYS[4], 'nonce'))
  if till and tonumber(ARGV[6]) < till then return answer('nonce-left-out') end
end

local second = math.floor(now / 1000)
local function live(tally)
  local found = redis.call('HMGET', tally, 'live', 'counted')
  local count = tonumber(found[1]) or 0
  if count > 0 and tonumber(found[2]) < second then
    local seconds = redis.call('HGETALL', tally)
    for i = 1, #seconds, 2 do
      local ends = tonumber(seconds[i])
      if ends and ends < second then
        count = count - seconds[i + 1]
        redis.call('HDEL', tally, seconds[i])
      end
    end
    redis.call('HSET', tally, 'live', count, 'counted', second)
  end
  return count
end
if live(KEYS[3]) >= tonumber(ARGV[7]) then return answer('full') end
if live(KEYS[4]) >= tonumber(ARGV[8]) then return answer('over-quota') end

local till = tonumber(ARGV[5])
local life_left = math.max(till - now, till - tonumber(ARGV[6]), 0) + margin
local ends = now + life_left
-- Redis clears up a second late, so that it never does so before the second above has passed.
local keep = math.ceil(life_left) + 1000
redis.call('SET', KEYS[2], whole(math.ceil(ends)), 'PX', whole(keep))
for _, tally in ipairs({KEYS[3], KEYS[4]}) do
  redis.call('HINCRBY', tally, 'live', 1)
  redis.call('HINCRBY', tally, whole(math.floor(ends / 1000)), 1)
  redis.call('HSETNX', tally, 'counted', second)
  if redis.call('PTTL', tally) < keep + 1000 then
    redis.call('PEXPIRE', tally, whole(keep + 1000))
  end
end
return answer('recorded')
`,
)
