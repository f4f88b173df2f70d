"""Benchmarks of the service: duration and SQL statements of each request (`make bench`)."""
