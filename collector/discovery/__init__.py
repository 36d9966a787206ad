"""Finding targets: static, files, HTTP, DNS, Docker. Stands alone: knows nothing of scraping."""

from collector.discovery import dns, docker, files, http, static
from collector.discovery.group import Discoverer, Publish, TargetGroup
from collector.discovery.metrics import sd_metrics
from collector.discovery.registry import discoverers
from collector.discovery.watch import watch

BUILT_IN = (static, files, http, dns, docker)

__all__ = ["BUILT_IN", "Discoverer", "Publish", "TargetGroup", "discoverers", "sd_metrics", "watch"]
