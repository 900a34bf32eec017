"""The public portal: static pages of what the newest publication has for the public.

What belongs here: reading the public's file, and no other; tables, charts and maps of it; pages in several languages.
What does not: deciding which numbers are withheld, which is done where the file is made (warehouse/audiences).
"""

from exchange.portal.publish import FOLDER, check, publish

__all__ = ["FOLDER", "check", "publish"]
