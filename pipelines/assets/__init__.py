"""One file a stage; each a thin wrapper that opens what a package needs and reports what it did."""
