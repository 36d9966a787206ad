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


def test_a_start_loads_no_library_before_it_is_needed() -> None:
    code = (
        "import sys, collector.service;"
        "print({'httpx', 'dns', 'rich', 'psutil', 'elasticsearch', 'tantivy', 'dash'} & sys.modules.keys() or 'none')"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "none"
