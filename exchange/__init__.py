"""What crosses the secretariat's wall: exception files to program managers."""
