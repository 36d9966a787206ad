"""The ground floor of Pharos: the kit every part stands on, and the `pharos` command.

Not here: anything only one part needs. Parts (`exporters`, `blackbox`, `collector`, `logship`, `logstore`, `alerting`,
`dashboards`) import from this package and never from each other.
"""

__version__ = "0.1.0"
