"""Who may pass, and what the door does: pure, standard library only.

Read `sighting`, `consensus`, `decision`, `door` in that order.
"""
