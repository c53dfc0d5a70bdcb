-- Bodies for wrk: one sale after another, each under an idempotency key of its own.
-- Arguments: a file of lines "key<TAB>body", and what the idempotency keys begin with.
local lines, sent, start = {}, 0, ""

function init(args)
   for line in io.lines(args[1]) do
      local key, body = line:match("^(%S+)\t(.*)$")
      lines[#lines + 1] = { "Bearer " .. key, body }
   end
   start = args[2]
end

function request()
   sent = sent + 1
   local line = lines[(sent - 1) % #lines + 1]
   local headers = {
      ["Authorization"] = line[1],
      ["Content-Type"] = "application/json",
      ["Idempotency-Key"] = string.format("%s%012d", start, sent),
   }
   return wrk.format("POST", nil, headers, line[2])
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format("told %d %d %d %d %d %d\n", summary.requests, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout, summary.duration,
      latency:percentile(50), latency:percentile(99)))
end
