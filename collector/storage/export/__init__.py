"""Samples out of the storage into files other programs read: OpenMetrics, CSV, Parquet. Not here: remote read, which answers over HTTP."""

from collector.storage.export.folder import BlockFolder
from collector.storage.export.run import FORMATS, export

__all__ = ["FORMATS", "BlockFolder", "export"]
