"""edge_gate: a door that opens for the faces it knows.

Follow one frame from the lens to the relay: ``docs/architecture.md`` names the ten files in order.
"""

__version__ = "0.1.0"
