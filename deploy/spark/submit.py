"""What spark-submit runs, which takes Python only from a file of this ending (docs/spark.md)."""

import sys

from ibr.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
