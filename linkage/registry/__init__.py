"""The engine on a country's registry: persons, households, numbers that last, verification; one transaction a run.

run.py is the whole of a run; each other module is a part of it, or says what the last one found.
"""
