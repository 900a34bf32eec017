"""The one way in which reading a file fails."""


class Unreadable(Exception):
    """A file that cannot be used, in words for whoever made it: its name, what was found, what to do."""
