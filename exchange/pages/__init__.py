"""The pages of the service for staff: key figures, tables, enquiries and the review queue, each as far as a profile
may see.

What belongs here: who may use pages, sessions, and what pages show. Data comes from the current publication's files;
decisions go into the inbox and are taken up by the next run. The warehouse is never opened.
"""

from exchange.pages.app import add_pages

__all__ = ["add_pages"]
