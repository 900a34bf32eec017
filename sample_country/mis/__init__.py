"""One writer for each program system: its tables, codes, formats and habits."""
