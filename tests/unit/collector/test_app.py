"""The way to the service."""

import subprocess
import sys


def test_no_threads_for_matrices() -> None:
    """The variable is set before numpy is there."""
    code = (
        "import sys, os; os.environ.pop('OPENBLAS_NUM_THREADS', None); import pharos.cli.parts, collector.app;"
        "print('numpy' in sys.modules, os.environ['OPENBLAS_NUM_THREADS'])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "1"]
