"""All tests, stage by stage: quick ones side by side, those that start processes one after the other. Exit code 1 if any stage fails."""

import subprocess
import sys
import time

STAGES = (
    ("unit", ["tests/unit", "-n", "2"]),
    ("properties", ["tests/properties", "-n", "2"]),
    ("integration", ["tests/integration", "-n", "2", "--dist", "loadfile"]),
    ("browser", ["tests/e2e", "-n", "2", "--dist", "loadfile"]),
)
NO_TESTS_COLLECTED = 5


def main(arguments: list[str]) -> int:
    """Run every stage, then say how each ended."""
    results = []
    for name, options in STAGES:
        print(f"\n== {name} ==", flush=True)
        began = time.monotonic()
        code = subprocess.run([sys.executable, "-m", "pytest", "-q", *options, *arguments], check=False).returncode
        results.append((name, code, time.monotonic() - began))
    print()
    for name, code, seconds in results:
        print(f"{name:<14}{'ok' if code in (0, NO_TESTS_COLLECTED) else 'FAILED':<8}{seconds:6.0f} s")
    return int(any(code not in (0, NO_TESTS_COLLECTED) for _, code, _ in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
