"""Entries of the stream, a bounded number of bytes at a time, whatever somebody put into them.

Redis counts entries and not bytes, so a script reads them in small steps until it has enough. Of an entry
that is too large to be an event only the beginning leaves Redis, with the size and a digest of all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import redis
from redis.commands.core import Script

from trailkeeper.producer.event import MAX_BYTES
from trailkeeper.worker.ingest.messages import EVENT, HEAD_BYTES, NO_FIELDS, IncomingMessage

BATCH_BYTES = 4 << 20
"""Of one batch. Decoded, hostile JSON takes twenty times as much, and three batches are under way."""

LARGEST_BYTES = 4 * MAX_BYTES + 4096
"""Of an entry that is read whole: an event, or a call that was quarantined, and what stands beside it."""

VALUE_BYTES = 64
"""What each name and each value counts besides: a million empty ones are an entry of megabytes."""

_SCRIPT = """
local kind, group, consumer, idle = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local count, budget = tonumber(ARGV[5]), tonumber(ARGV[6])
local largest, kept, beside = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local first, last, place = ARGV[10], ARGV[11], 10

local function step_of(number)
  if kind == 'read' then
    local reply = redis.pcall(
      'XREADGROUP', 'GROUP', group, consumer, 'COUNT', number, 'STREAMS', KEYS[1], '>')
    if not reply or reply.err then return reply or {} end
    return reply[1][2]
  elseif kind == 'claim' then
    local command = {'XCLAIM', KEYS[1], group, consumer, idle}
    for each = place, math.min(place + number - 1, #ARGV) do command[#command + 1] = ARGV[each] end
    place = place + number
    if #command == 5 then return {} end
    -- an entry that nobody holds becomes ours; one that is no longer in the stream does not
    command[#command + 1] = 'FORCE'
    return redis.pcall(unpack(command))
  end
  local reply = redis.pcall(kind, KEYS[1], first, last, 'COUNT', number)
  if not reply.err and #reply > 0 then first = '(' .. reply[#reply][1] end
  return reply
end

local function whole(fields)
  local parts, event, others = {}, nil, false
  for each = 1, #fields, 2 do
    if fields[each] == 'e' and not event then event = fields[each + 1]
    elseif fields[each] ~= 's' then others = true end
    if fields[each] ~= 's' then parts[#parts + 1] = fields[each] .. '=' .. fields[each + 1] .. '\\n' end
  end
  if event and not others then return event end
  return table.concat(parts)
end

local found, bytes, step, asked = {}, 0, 1, 0
while asked < count and bytes < budget do
  step = math.min(step, count - asked)
  local entries = step_of(step)
  if entries.err then return entries end
  for _, entry in ipairs(entries) do
    if entry and entry[2] then
      local size = 0
      for _, value in ipairs(entry[2]) do size = size + #value + beside end
      bytes = bytes + size
      if size > largest then
        local raw = whole(entry[2])
        entry = {entry[1], string.sub(raw, 1, kept), #raw, redis.sha1hex(raw)}
      end
      found[#found + 1] = entry
    end
  end
  if kind ~= 'claim' and #entries < step then break end
  asked = asked + step
  step = math.min(step * 2, 16)
end
return found
"""


class Entries:
    """Reads entries of one stream; redis' own errors leave it.

    Args:
        client: of Redis.
        key: of the stream.
        group: of consumers.
        consumer: who reads.
    """

    def __init__(self, client: redis.Redis, key: str, group: str = "", consumer: str = "") -> None:
        self._key = key
        self._reader = (group, consumer)
        self._script: Script = client.register_script(_SCRIPT)

    def read(self, count: int) -> list[IncomingMessage]:
        """The next that the group has not delivered: up to *count*, and about `BATCH_BYTES`."""
        return self._run("read", 0, count)

    def claim(self, stream_ids: Sequence[str], idle_ms: int) -> list[IncomingMessage]:
        """Make mine what nobody holds, or somebody has for *idle_ms*: as many as `BATCH_BYTES` allow."""
        return self._run("claim", idle_ms, len(stream_ids), *stream_ids)

    def oldest(self, count: int, after: str | None = None) -> list[IncomingMessage]:
        """Entries, without delivering them, oldest first: up to *count*, and about `BATCH_BYTES`."""
        return self._run("XRANGE", 0, count, "-" if after is None else f"({after}", "+")

    def newest(self, count: int) -> list[IncomingMessage]:
        """Entries, without delivering them, newest first: up to *count*, and about `BATCH_BYTES`."""
        return self._run("XREVRANGE", 0, count, "+", "-")

    def _run(self, kind: str, idle_ms: int, count: int, *words: str) -> list[IncomingMessage]:
        limits = (count, BATCH_BYTES, LARGEST_BYTES, HEAD_BYTES, VALUE_BYTES)
        entries: Any = self._script([self._key], [kind, *self._reader, idle_ms, *limits, *words])
        return [_message_of(*entry) for entry in entries]


def _message_of(
    stream_id: bytes, fields: list[bytes] | bytes, size: int = 0, sha1: bytes = b""
) -> IncomingMessage:
    """From names and values in turn, or from the beginning of an entry that is too large."""
    if isinstance(fields, bytes):
        excess = f"{size:,} bytes with the SHA-1 {sha1.decode()}; the first {len(fields):,} are kept"
        return IncomingMessage(stream_id.decode(), fields, None, NO_FIELDS, excess=excess)
    if len(fields) == 2 and fields[0] == EVENT:  # noqa: PLR2004 - nearly all of them, in half of the time
        return IncomingMessage(stream_id.decode(), fields[1], None, NO_FIELDS)
    return _message(stream_id, dict(zip(fields[::2], fields[1::2], strict=True)))


def _message(stream_id: bytes, fields: dict[bytes, bytes]) -> IncomingMessage:
    payload = fields.get(EVENT)
    is_alone = payload is not None and len(fields) == 1
    return IncomingMessage(
        stream_id.decode(), payload, fields.get(b"invalid"), NO_FIELDS if is_alone else fields
    )
