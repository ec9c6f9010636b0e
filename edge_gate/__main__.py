"""`python -m edge_gate`."""

from edge_gate.cli import main

main()
