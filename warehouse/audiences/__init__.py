"""Who may have what of a publication: the declared policy, what it makes of each table, and the keys of pseudonyms.

What belongs here: the rules of audiences.yml and their translation into SQL. What does not: writing files and swapping
them in (warehouse/publication.py), and which cells of a table are too small to be told (warehouse/disclosure).
"""
