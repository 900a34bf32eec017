"""Linking to a register of many times as many people: who of it each record is (match.py), and what is kept of it."""
