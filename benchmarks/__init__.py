"""What we promise, measured beside a peer. Run as ``python -m benchmarks.<name>``."""
