"""Files that are damaged: what libraries raise over them is as manifold as the damage, and is the file's fault."""


def is_damage(error: BaseException) -> bool:
    """Whether an error raised while a file's content was read came of that content.

    Of damaged workbooks came ExpatError, struct.error, IndexError, LookupError and NotImplementedError; and libraries
    written in Rust panic, which is no Exception and has no class that could be imported. One such file in an inbox
    would stop every night's run.
    """
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"
