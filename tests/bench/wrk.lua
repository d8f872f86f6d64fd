-- Asks the lines of a file in turn: an address, and behind a tab what is posted. "{n}" is another number each time.
-- Every question comes from another address, as behind a proxy.
local lines, run, at = {}, "", 0

function init(arguments)
  for line in io.lines(arguments[1]) do lines[#lines + 1] = line end
  run = arguments[2]
end

function request()
  local line = lines[at % #lines + 1]
  at = at + 1
  local path, body = line:match("^([^\t]*)\t?(.*)$")
  wrk.headers["X-Forwarded-For"] = string.format("10.%d.%d.%d", math.random(0, 255), math.floor(at / 250) % 250, at % 250)
  path = path:gsub("{n}", run .. at)
  if body ~= "" then return wrk.format("POST", path, nil, body) end
  return wrk.format("GET", path)
end

function done(summary, latency)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('\nBENCH {"asked": %d, "seconds": %f, "p50": %f, "p99": %f, "failed": %d, "bytes": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, failed, summary.bytes))
end
