"""Speed and accuracy beside other people's engines, run by hand or by `make bench`."""
