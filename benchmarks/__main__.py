"""`python -m benchmarks [NAME ...]`: run all benchmarks, or those named. Each module has a `main() -> None` that prints its table."""

import sys
from importlib import import_module
from pathlib import Path


def names() -> list[str]:
    """All benchmark modules."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def main(chosen: list[str]) -> int:
    """Run the chosen benchmarks one after the other."""
    unknown = [name for name in chosen if name not in names()]
    if unknown:
        print(f"unknown benchmark {unknown[0]!r}, known: {', '.join(names())}", file=sys.stderr)
        return 2
    for name in chosen or names():
        print(f"\n== {name} ==", flush=True)
        import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
