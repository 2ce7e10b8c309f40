-- Takes one use: domain::access::limit::take, atomically. Returns the number stored before, from
-- which the caller computes the rest.
local now, window, interval = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('GET', KEYS[1])
local before = tonumber(kept or now)
if before < now or before > now + window + tonumber(ARGV[4]) then before = now end
local after = before + interval
if now + window - after >= 0 then
  local millis = math.ceil((after - now) / 1000) + tonumber(ARGV[5])
  redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', string.format('%.0f', millis))
end
return kept
