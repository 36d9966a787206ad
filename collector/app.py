"""`pharos collector`: flags and the way to the service."""

import argparse
import gc
import logging
import os

from collector import flags as collector_flags
from pharos import allocator
from pharos.flags import Flags
from pharos.service import Service

logger = logging.getLogger(__name__)

# No matrix is multiplied here: threads of a BLAS would only cost memory and time at the start. Holds when numpy is imported later.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


_ARENAS = 2  # more keep more of what their threads have freed: a tenth of the memory at 200,000 series

# Scrapes make and drop many objects, and hardly a circle of them: looking for those every 700 objects took an eighth of the time.
_GARBAGE_AFTER = 10_000


def add_flags(flags: Flags) -> None:
    """The flags of `pharos collector`."""
    collector_flags.add_flags(flags)
    flags.switch("config.check", "Check the configuration and its rule files and end.")


def build(options: argparse.Namespace) -> Service | None:
    """The service, or None after `--config.check`. Raises `ConfigError` or `OSError`."""
    allocator.limit_arenas(_ARENAS)
    gc.set_threshold(_GARBAGE_AFTER)
    from collector.service import CollectorService, load_everything

    loaded = load_everything(options)
    if options.config_check:
        logger.info("The configuration is fine", extra={"file": options.config_file, "groups": len(loaded.groups)})
        return None
    for name, reason in collector_flags.ignored_flags(options):
        logger.info("A flag without effect", extra={"flag": name, "reason": reason})
    service = CollectorService(options, loaded)
    gc.freeze()  # modules and configuration stay
    return service
