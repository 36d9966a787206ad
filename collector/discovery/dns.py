"""Targets from DNS records: SRV with their own ports, A, AAAA, MX and NS with the configured one."""

from typing import Any

from collector.config.discovery import DnsSdConfig
from collector.discovery.group import Publish, TargetGroup
from collector.discovery.metrics import sd_metrics
from collector.discovery.refresh import RefreshError, keep_refreshed
from collector.discovery.registry import discoverers
from pharos.clock import Clock
from pharos.labels import Labels

_NAME = "__meta_dns_name"
_RECORDS = {"SRV": "__meta_dns_srv_record_{}", "MX": "__meta_dns_mx_record_target", "NS": "__meta_dns_ns_record_target"}


@discoverers.register("dns_sd_configs")
class DnsDiscovery:
    """Looks up one kind of record for some names. A name that does not exist has no targets; one that cannot be asked keeps its last."""

    def __init__(self, config: DnsSdConfig, resolver: Any = None) -> None:
        self._config = config
        self._resolver = resolver
        self._last: dict[str, TargetGroup] = {}

    async def run(self, publish: Publish, clock: Clock) -> None:
        await keep_refreshed(self, "dns", float(self._config.refresh_interval), publish, clock)

    async def refresh(self) -> list[TargetGroup]:
        import dns.asyncresolver  # fifty modules that few collectors need
        import dns.exception
        import dns.resolver

        if self._resolver is None:
            self._resolver = dns.asyncresolver.Resolver()
        problems = []
        for name in self._config.names:
            sd_metrics.dns_lookups.inc()
            try:
                answer = await self._resolver.resolve(name, self._config.type, search=True, lifetime=10)
                self._last[name] = TargetGroup(tuple(self._target(name, record) for record in answer), {}, name)
            except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
                self._last[name] = TargetGroup((), {}, name)
            except dns.exception.DNSException as error:
                sd_metrics.dns_failures.inc()
                problems.append(f"{name}: {error}")
        if problems and not self._last:
            raise RefreshError("; ".join(problems))
        return list(self._last.values())

    def _target(self, name: str, record: Any) -> Labels:
        kind, port = self._config.type, self._config.port
        if kind == "SRV":
            host = record.target.to_text()
            return {
                "__address__": f"{host.rstrip('.')}:{record.port}",
                _NAME: name,
                _RECORDS[kind].format("target"): host,
                _RECORDS[kind].format("port"): str(record.port),
            }
        if kind in ("MX", "NS"):
            host = (record.exchange if kind == "MX" else record.target).to_text()
            return {"__address__": f"{host.rstrip('.')}:{port}", _NAME: name, _RECORDS[kind]: host}
        address = f"[{record.address}]" if ":" in record.address else record.address
        return {"__address__": f"{address}:{port}", _NAME: name}
