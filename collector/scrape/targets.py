"""From discovered labels to targets: defaults, relabelling, checks, URL. Pure.

Source: the behaviour of Prometheus 3; meta labels live only until relabelling, labels with two leading underscores only until the target is built.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, quote_plus

from collector.config.scrape import ScrapeConfig
from collector.discovery import TargetGroup
from pharos.durations import Duration
from pharos.labels import Labels, LabelSet, is_valid_utf8_name, label_set
from pharos.relabel import relabel

ADDRESS: Final = "__address__"
_INTERVAL, _TIMEOUT = "__scrape_interval__", "__scrape_timeout__"
_PATH, _SCHEME, _PARAM = "__metrics_path__", "__scheme__", "__param_"


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """What to scrape, how often, and the labels its samples get. Two specs with the same `key` are the same target."""

    labels: LabelSet
    discovered: Labels = field(compare=False)
    url: str
    interval: Duration
    timeout: Duration
    job: str = ""

    @property
    def key(self) -> tuple[LabelSet, str, float, float]:
        return self.labels, self.url, self.interval, self.timeout

    @property
    def identity(self) -> tuple[LabelSet, str]:
        """The same target, however often it is scraped."""
        return self.labels, self.url

    def offset_s(self, now_s: float, seed: int = 0) -> float:
        """Seconds until the first scrape: each target has its own place within the interval, the same after a restart."""
        digest = hashlib.blake2b(repr((self.labels, self.url)).encode(), digest_size=8).digest()
        place = ((int.from_bytes(digest, "big") ^ seed) % round(self.interval * 1e6)) / 1e6
        return (place - now_s) % float(self.interval)


@dataclass(frozen=True, slots=True)
class Built:
    """The targets of a job: to scrape, dropped by relabelling, and what was wrong with the rest."""

    targets: list[TargetSpec]
    dropped: list[Labels]
    errors: list[str]


def build_targets(groups: Iterable[TargetGroup], config: ScrapeConfig) -> Built:
    """All targets of the groups, each once."""
    found: dict[object, TargetSpec] = {}
    dropped: list[Labels] = []
    errors: list[str] = []
    for group in groups:
        for index, own in enumerate(group.targets):
            discovered = discovered_labels(own, group.labels, config)
            labels = relabel(discovered, config.relabel_configs)
            if labels is None:
                dropped.append(discovered)
                continue
            try:
                spec = _spec(labels, discovered, config)
            except ValueError as error:
                errors.append(f"instance {index} in group {group.source}: {error}")
                continue
            found.setdefault(spec.key, spec)
    return Built(list(found.values()), dropped, errors)


def discovered_labels(own: Labels, shared: Labels, config: ScrapeConfig) -> Labels:
    """The labels before relabelling: the target's own, those of its group, and the defaults of the job."""
    labels = {**shared, **own}
    defaults = {
        "job": config.job_name,
        _INTERVAL: str(config.scrape_interval),
        _TIMEOUT: str(config.scrape_timeout),
        _PATH: config.metrics_path,
        _SCHEME: config.scheme,
        **{_PARAM + name: values[0] for name, values in config.params.items() if values},
    }
    for name, value in defaults.items():
        if not labels.get(name):
            labels[name] = value
    return {name: value for name, value in labels.items() if value}


def _spec(labels: Labels, discovered: Labels, config: ScrapeConfig) -> TargetSpec:
    address = labels.get(ADDRESS, "")
    if not address:
        raise ValueError("no address")
    if "/" in address:
        raise ValueError(f'"{address}" is not a valid hostname')
    interval, timeout = _duration(labels, _INTERVAL, "interval"), _duration(labels, _TIMEOUT, "timeout")
    if timeout > interval:
        raise ValueError(f'scrape timeout cannot be greater than scrape interval ("{timeout}" > "{interval}")')
    final = {name: value for name, value in labels.items() if not name.startswith("__")}
    final.setdefault("instance", address)
    for name, value in final.items():
        if not is_valid_utf8_name(name) or not is_valid_utf8_name(value):
            raise ValueError(f'invalid label value for "{name}": "{value}"')
    return TargetSpec(label_set(final), discovered, target_url(labels, config), interval, timeout, config.job_name)


def _duration(labels: Labels, name: str, word: str) -> Duration:
    try:
        value = Duration.parse(labels.get(name, ""))
    except ValueError as error:
        raise ValueError(f"error parsing scrape {word}: {error}") from error
    if not value:
        raise ValueError(f"scrape {word} cannot be 0")
    return value


def target_url(labels: Labels, config: ScrapeConfig) -> str:
    """Where to fetch: scheme, address, path and parameters, of which labels replace the first value."""
    params = {name: list(values) for name, values in config.params.items()}
    for label, value in labels.items():
        if label.startswith(_PARAM):
            params.setdefault(label[len(_PARAM) :], [""])[:1] = [value]
    query = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name in sorted(params) for value in params[name])
    path = quote(labels.get(_PATH, ""), safe="/:@!$&'()*+,;=~%")
    path = path if path.startswith("/") or not path else f"/{path}"
    return f"{labels.get(_SCHEME, 'http')}://{labels[ADDRESS]}{path}{'?' + query if query else ''}"


def within_limit(targets: Sequence[TargetSpec], config: ScrapeConfig) -> str:
    """Why the job's targets must not be scraped, or an empty text."""
    limit = config.target_limit
    if limit and len(targets) > limit:
        return f"target_limit exceeded (number of targets: {len(targets)}, limit: {limit})"
    return ""
