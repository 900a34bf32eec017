"""The whole pipeline from sources to publication: time, memory and disk of each stage, and how they grow."""
