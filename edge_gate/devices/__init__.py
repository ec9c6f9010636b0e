"""One native library, kernel interface or file format per module, each behind a port."""
