"""The console script, which answers even where nothing but `trailkeeper` itself is installed."""

from __future__ import annotations

import os
import sys

from .extras import missing


def main() -> None:
    """Run the command line and exit."""
    try:
        from .group import run  # noqa: PLC0415 - click is an extra
    except ModuleNotFoundError as error:
        sys.exit(f"trailkeeper: {missing(error, sys.argv[1:])}")
    code = run(sys.argv[1:])
    try:
        if sys.stdout is not None:  # as it is where a program was started without one
            sys.stdout.flush()
    except BrokenPipeError:
        # what is still buffered would be written, and fail again, at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    sys.exit(code)


if __name__ == "__main__":
    main()
