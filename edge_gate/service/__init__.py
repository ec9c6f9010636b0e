"""Threads and wiring: `wiring` is the only place that knows which adapter stands behind a port."""
