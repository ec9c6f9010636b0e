"""Recipe of the cast: photographs -> sources -> composites -> the faces in `edge_gate/simulated/cast`."""
