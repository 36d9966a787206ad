"""`prometheus.yml` and rule files as typed values."""

from collector.config.prometheus import PrometheusConfig, load_config, parse_config
from collector.config.rules import Rule, RuleFile, RuleGroup, load_rules, parse_rules, rule_location
from collector.config.scrape import ScrapeConfig

__all__ = [
    "PrometheusConfig",
    "Rule",
    "RuleFile",
    "RuleGroup",
    "ScrapeConfig",
    "load_config",
    "load_rules",
    "parse_config",
    "parse_rules",
    "rule_location",
]
