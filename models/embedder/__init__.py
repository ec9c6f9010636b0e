"""Recipe of the face embedder: crops -> teachers -> blends -> targets -> train -> export -> report."""
