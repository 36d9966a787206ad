"""The life of one target: wait, fetch, read, append, report; and say so when something is wrong."""

import logging
from collections.abc import Sequence
from typing import Final

from collector.config.scrape import ScrapeConfig
from collector.scrape.failure_log import FailureLog
from collector.scrape.fetch import BodyLimitError, Fetcher, Response
from collector.scrape.formats import parsers
from collector.scrape.formats.nhcb import convert_classic
from collector.scrape.mutate import LabelLimitError, LabelRules
from collector.scrape.negotiate import page_format
from collector.scrape.page import Counts, ParseOptions, ScrapeError
from collector.scrape.series import BucketLimitError, SampleLimitError, SampleRules, TargetSeries
from collector.scrape.target import Target
from collector.scrape.workplace import Workplace
from collector.storage.interface import AppendReport

logger = logging.getLogger(__name__)

_REPORT: Final = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)
_EXTRA_REPORT: Final = ("scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes")


class ScrapeLoop:
    """Scrapes one target until it is stopped."""

    def __init__(self, target: Target, config: ScrapeConfig, workplace: Workplace) -> None:
        self.target = target
        self.forced_error = ""
        self._config, self._workplace = config, workplace
        self._clock, self._metrics, settings = workplace.clock, workplace.metrics, workplace.settings
        self._tolerance_s = settings.tolerance_s
        self._fetcher = Fetcher(target.spec.url, config, float(target.spec.timeout), workplace.buffers)
        self._options = ParseOptions(
            bool(config.scrape_native_histograms),
            bool(config.convert_classic_histograms_to_nhcb),
            bool(config.always_scrape_classic_histograms),
            settings.created_zeros,
        )
        self._extra = bool(config.extra_scrape_metrics)
        self._series = TargetSeries(
            workplace.storage,
            target.spec.labels,
            LabelRules.of(target.spec.labels, config),
            SampleRules.of(config),
            (*_REPORT, *_EXTRA_REPORT) if self._extra else _REPORT,
        )
        path = config.scrape_failure_log_file
        self._failure_log = FailureLog(path, config.job_name) if path else None
        self._format = ""
        self._body_bytes = 0

    async def run(self) -> None:
        """Scrape at every tick until cancelled. The first tick is the target's own place in the interval."""
        interval, shown = float(self.target.spec.interval), str(self.target.spec.interval)
        now = self._clock.now()
        tick = now + self.target.spec.offset_s(now)
        last = 0.0
        while True:
            await self._clock.sleep(tick - self._clock.now())
            started = self._clock.now()
            if last:
                self._metrics.interval_length.observe(shown, started - last)
            last = started
            missed = int((started - tick) // interval)
            if missed > 0:
                tick += missed * interval
            await self.scrape(aligned_ms(started, tick, interval, self._tolerance_s))
            tick += interval

    async def scrape(self, timestamp_ms: int) -> None:
        """One scrape. Whatever the target does, this does not raise."""
        started = self._clock.monotonic()
        counts, error = Counts(), ""
        self._body_bytes = 0
        try:
            counts = await self._fetch_and_take(timestamp_ms)
        except ScrapeError as problem:
            error = str(problem)
            counts = self._note_failure(problem, timestamp_ms)
        except Exception as problem:
            error = f"internal error: {problem!r}"
            if error != self.target.last_error:
                logger.exception("Scrape failed unexpectedly", extra={"target": self.target.spec.url})
            self._series.reset(timestamp_ms)
        duration = self._clock.monotonic() - started
        error = error.encode(errors="replace").decode()  # it may quote what is no UTF-8, and goes into JSON
        if error and self._failure_log is not None:
            self._failure_log.write(self._clock.now(), self.target.spec.url, error)
        self._report(timestamp_ms, duration, counts, error)

    async def _fetch_and_take(self, timestamp_ms: int) -> Counts:
        if self.forced_error:
            raise ScrapeError(self.forced_error)
        response = await self._fetcher.fetch()
        try:
            self._body_bytes = len(response.body)
            if self._body_bytes == 0:  # whatever it claims to be: nothing is nothing
                return self._series.take_nothing(timestamp_ms)
            format_name = page_format(response.content_type, self._config)
            if format_name == self._format:
                counts = self._series.take_fast(response.body)
                if counts is not None:
                    self._metrics.fast.inc()
                    return counts
            counts = await self._parse_and_take(response, format_name, timestamp_ms)
            self._format = format_name
            return counts
        finally:
            response.release()

    async def _parse_and_take(self, response: Response, format_name: str, timestamp_ms: int) -> Counts:
        self._metrics.parsed.inc()
        body = response.body
        page = await self._workplace.parse(parsers[format_name].factory, body, self._options)
        if self._options.convert_classic_histograms:
            page = convert_classic(page, keep_classic=self._options.always_classic_histograms)
        self.target.metadata = page.metadata
        return self._series.take(page, body, timestamp_ms)

    def _note_failure(self, problem: ScrapeError, timestamp_ms: int) -> Counts:
        if isinstance(problem, BodyLimitError):
            self._metrics.over_body_limit.inc()
            self._body_bytes = -1
        elif isinstance(problem, SampleLimitError):
            self._metrics.over_sample_limit.inc()
        elif isinstance(problem, BucketLimitError):
            self._metrics.over_bucket_limit.inc()
        elif isinstance(problem, LabelLimitError):
            self._metrics.over_label_limits.inc()
        self._series.fail(timestamp_ms)
        return problem.counts

    def _report(self, timestamp_ms: int, duration: float, counts: Counts, error: str) -> None:
        target = self.target
        report: Sequence[float] = (not error, duration, counts.scraped, counts.kept, counts.added)
        if self._extra:
            report = (*report, float(target.spec.timeout), self._config.sample_limit, self._body_bytes)
        self._count(self._series.write(timestamp_ms, report))
        if error and error != target.last_error:
            logger.debug("Scrape failed", extra={"target": target.spec.url, "reason": error})
        target.health = "down" if error else "up"
        target.last_error = error
        target.last_scrape = timestamp_ms / 1000
        target.last_scrape_duration = duration

    def _count(self, report: AppendReport) -> None:
        if report.out_of_order:
            self._metrics.out_of_order.inc(report.out_of_order)
        if report.duplicate:
            self._metrics.duplicates.inc(report.duplicate)
        if report.too_old or report.too_far_ahead:
            self._metrics.out_of_bounds.inc(report.too_old + report.too_far_ahead)

    async def close(self, *, ended: bool) -> None:
        """Let go. `ended`: the target is gone, its series end now; else the server stops and they stay as they are."""
        await self._fetcher.close()
        self._series.close(round(self._clock.now() * 1000) if ended else None)


def aligned_ms(started_s: float, tick_s: float, interval_s: float, tolerance_s: float | None) -> int:
    """The timestamp of a scrape: its tick when it began within the tolerance, or within 1 % of a shorter interval. Timers are a little
    late, and timestamps on a grid compress better."""
    started, tick = round(started_s * 1000), round(tick_s * 1000)
    if tolerance_s is None:
        return started
    return tick if 0 <= started - tick <= min(tolerance_s * 1000, interval_s * 10) else started
