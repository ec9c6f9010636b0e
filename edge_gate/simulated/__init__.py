"""Fakes that are real citizens of the ports; chosen by configuration, never by a failed import."""
