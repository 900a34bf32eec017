"""The service: a program's system asks, before it enrols somebody, whether the register knows them and what they
already receive.

What belongs here: who may ask, asking, answers, jobs, and the state of the service itself. It reads the current
publication and nothing else; the engine's work on a question is linkage/lookup.
"""
