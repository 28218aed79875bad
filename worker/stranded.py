"""Entries of the stream that were stranded: the group has passed them, and no consumer holds them.

A Redis that forgets what it was told makes them: one that loads its append-only file and refuses some of
its own commands (redis#14541), or a replica that was promoted too early. Nobody would ever deliver them.

Entries leave the stream once they are stored. So what is in it and not ahead of the group is held by
somebody, or stranded; and as what is held is soon stored, the stranded become the oldest, where
looking for them costs the same however long the stream is.
"""

from __future__ import annotations

from typing import Any

import redis

from trailkeeper.producer.redis_client import redis_translated
from trailkeeper.producer.stream_keys import GROUP

_SCRIPT = """
local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
if groups.err then return {} end
local passed
for _, group in ipairs(groups) do
  local is = {}
  for i = 1, #group, 2 do is[group[i]] = group[i + 1] end
  if is['name'] == ARGV[1] then passed = is['last-delivered-id'] end
end
if not passed then return {} end
local found, first, all = {}, '-', ARGV[3] == 'all'
for _ = 1, tonumber(ARGV[2]) do
  local entries = redis.call('XRANGE', KEYS[1], first, passed, 'COUNT', 1)
  if #entries == 0 then break end
  local id = entries[1][1]
  if #redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1) == 0 then
    found[#found + 1] = id
  elseif not all then
    break
  end
  first = '(' .. id
end
return found
"""


def stranded_ids(client: redis.Redis, stream_key: str, most: int, *, look_further: bool = False) -> list[str]:
    """Ids of entries that the group has passed and nobody holds, oldest first.

    Args:
        client: of Redis.
        stream_key: of the stream.
        most: the most entries to look at; what the group has not passed is never looked at.
        look_further: look beyond entries that somebody holds; else the first of those ends it.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    with redis_translated():
        ids: Any = client.eval(_SCRIPT, 1, stream_key, GROUP, most, "all" if look_further else "first")
    return [stream_id.decode() for stream_id in ids]
