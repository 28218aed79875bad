"""The JSON API, version 1: histories, events, exports, live tails and counts as documents."""
