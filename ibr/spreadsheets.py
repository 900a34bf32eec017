"""What a spreadsheet would take for more than text."""

# It takes text for a formula by its first character; an apostrophe in front keeps it text. A regular expression.
FORMULA_START = r"[=+\-@\t\r\n]"
