"""What a technician does once, or after a fault: set up, examine, enrol, commission, back up, erase.

Read `setup`, `examination` with `machine`, `bulk`, `backup`, `commissioning` with `report`.
"""
