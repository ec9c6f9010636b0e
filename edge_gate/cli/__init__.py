"""The command line: one verb a file."""

from edge_gate.cli.app import main

__all__ = ["main"]
