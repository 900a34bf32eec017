"""Clerical samples: which pairs clerks judge, and what their answers say of the linkage."""
