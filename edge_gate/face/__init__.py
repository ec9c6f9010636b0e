"""From pixels to a candidate: pure arithmetic on arrays.

Read `frame`, `detection`, `track`, `quality`, `alignment`, `probe`, `comparison` in that order.
"""
