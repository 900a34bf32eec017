"""Great Expectations where Spark is installed too."""

import subprocess
import sys

from tests.integration.spark import needs_java

pytestmark = needs_java


def test_a_process_without_a_main_file_is_not_ended_by_pyspark():
    done = subprocess.run(
        [sys.executable, "-c", "import expectations; expectations.load(); print('loaded')"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "loaded", done.stderr[-500:]
