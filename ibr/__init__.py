"""The command line and the workspace: configuration, paths, errors."""
