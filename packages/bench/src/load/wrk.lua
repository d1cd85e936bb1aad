-- Sends requests that were signed beforehand, each once and as it stands, and stops when all are
-- answered. Arguments: how many requests to send, then the files that hold them (length, newline,
-- request). More than the files hold begins with the first again: for servers that take no proof.
--
-- wrk's own summary counts neither 3xx nor what another success than 200 is, and its duration
-- includes waiting; so both are counted here.
local ffi = require('ffi')
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } holdfast_time;
  int clock_gettime(int clock, holdfast_time *time);
  int getpid(void);
  int kill(int pid, int signal);
]]

local MONOTONIC, SIGINT = 1, 2
local time = ffi.new('holdfast_time')

local function now() -- microseconds
  ffi.C.clock_gettime(MONOTONIC, time)
  return tonumber(time.seconds) * 1e6 + tonumber(time.nanoseconds) / 1e3
end

local threads = {}
function setup(thread) threads[#threads + 1] = thread end

local requests = {}
local sent = -1 -- wrk asks for one request that it does not send, to see whether they are pipelined
local began

function init(arguments)
  total, answered, microseconds, statuses = tonumber(arguments[1]), 0, 0, ''
  for index = 2, #arguments do
    local file = assert(io.open(arguments[index], 'rb'))
    for length in function() return file:read('*n', 1) end do
      requests[#requests + 1] = file:read(length)
    end
    file:close()
  end
end

function request()
  if sent < 0 then
    sent = 0
    return requests[1]
  end
  if sent == total then return '' end -- the connection rests
  began = began or now()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end

function response(status)
  answered = answered + 1
  if status ~= 200 and #statuses < 1000 then statuses = statuses .. status .. ' ' end
  if answered == total then
    microseconds = now() - began
    ffi.C.kill(ffi.C.getpid(), SIGINT) -- wrk takes it for the end of its time
  end
end

function done(summary, latency)
  local thread, errors = threads[1], summary.errors
  io.write(string.format('holdfast total=%d answered=%d microseconds=%d p50=%d p99=%d errors=%d statuses=%s\n',
    thread:get('total'), thread:get('answered'), thread:get('microseconds'),
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.timeout, thread:get('statuses')))
end
