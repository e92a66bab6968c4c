-- Sends one fixed request again and again: METHOD AUTHORIZATION BODY, `-` for none.
-- Reports as one line of JSON.

function init(args)
  wrk.method = args[1]
  if args[2] ~= "-" then
    wrk.headers["Authorization"] = args[2]
  end
  if args[3] ~= "-" then
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
    wrk.body = args[3]
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"duration_us":%d,"bytes":%d,"refused":%d,"broken":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
