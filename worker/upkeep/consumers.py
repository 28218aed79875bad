"""Consumer names that nobody uses any more.

DELCONSUMER drops what a consumer holds, which would lose it; so looking and
removing are one script, which Redis runs without anything in between.
"""

from __future__ import annotations

import redis

from trailkeeper.producer.redis_client import redis_translated
from trailkeeper.producer.stream_keys import GROUP

SCRIPT = """
local reaped = {}
local found = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
if found.err then return reaped end
for _, consumer in ipairs(found) do
  local is = {}
  for i = 1, #consumer, 2 do is[consumer[i]] = consumer[i + 1] end
  if is['pending'] == 0 and is['idle'] >= tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], is['name'])
    table.insert(reaped, is['name'])
  end
end
return reaped
"""


def reap(client: redis.Redis, stream_key: str, idle_seconds: float) -> list[str]:
    """Remove consumers that hold nothing and have asked for nothing for *idle_seconds*.

    Returns:
        Their names.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    with redis_translated():
        reaped = client.eval(SCRIPT, 1, stream_key, GROUP, str(int(idle_seconds * 1000)))
    return [name.decode() for name in reaped]
