"""Who may pass, and what the door does: pure, the standard library and msgspec's `Struct` only.

Read `sighting`, `consensus`, `decision`, `door` in that order.
"""
