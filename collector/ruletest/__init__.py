"""Unit tests for rules, in promtool's file format: series in a notation, expected alerts and expected samples."""

from collector.ruletest.document import TestFile, load_test_file
from collector.ruletest.run import FileOutcome, GroupOutcome, run_file

__all__ = ["FileOutcome", "GroupOutcome", "TestFile", "load_test_file", "run_file"]
