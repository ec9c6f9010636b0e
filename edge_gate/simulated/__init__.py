"""Fakes that are real citizens of the ports; chosen only by explicit configuration."""
