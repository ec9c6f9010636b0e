"""The networks, read through the `Engine` port, and the one function that looks at a frame.

Read `detector`, `embedder`, `liveness`, `recognise`.
"""
