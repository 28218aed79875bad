"""Real servers from wheels, for `up`, `demo`, tests and benchmarks: nothing to install, no root needed."""
