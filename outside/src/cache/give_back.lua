-- Gives one use back: domain::access::limit::give_back, atomically.
local now, window, interval = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('GET', KEYS[1])
if not kept then return 0 end
local after = tonumber(kept) - interval
if after > now and after <= now + window + tonumber(ARGV[4]) - interval then
  local millis = math.ceil((after - now) / 1000) + tonumber(ARGV[5])
  redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', string.format('%.0f', millis))
else
  redis.call('DEL', KEYS[1])
end
return 1
