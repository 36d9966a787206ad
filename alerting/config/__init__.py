"""The configuration file: Alertmanager's, as it is, plus receivers of our own. `load_config` reads and checks it."""

from alerting.config.load import Config, load_config

__all__ = ["Config", "load_config"]
