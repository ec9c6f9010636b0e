"""The fair test: one small network, taught on whole scenes or on aligned faces."""
