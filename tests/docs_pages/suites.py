"""Runs the test cases that a page shows."""

import unittest
from types import ModuleType


def run_tests_of(module: ModuleType) -> None:
    """Every test of the module passes, and it has one."""
    result = unittest.TestResult()
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    suite.run(result)
    assert result.testsRun
    assert result.errors + result.failures == []
