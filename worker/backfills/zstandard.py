"""zstd by the standard library's module: its own from Python 3.14 on, before that as `backports` has it."""

import sys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["zstd"]
