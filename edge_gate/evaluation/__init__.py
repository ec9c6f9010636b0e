"""What the scores are worth: measured error rates, and the promise a door may make on them.

Read `trials`, `intervals`, `verification`, `identification`, `calibration`, `budget` in that order.
"""
