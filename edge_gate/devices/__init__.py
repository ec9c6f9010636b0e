"""One native library a module: what the ports mean on real hardware."""
