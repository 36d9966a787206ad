"""What a person sees: the landing page, the debug text of a probe, the configuration."""

from html import escape
from urllib.parse import urlencode

import yaml

from blackbox.config import BlackboxConfig, Module, shown
from blackbox.history import History
from blackbox.probe import Outcome, Probe

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Pharos blackbox prober</title>
<style>body{{font:15px system-ui,sans-serif;margin:2rem;max-width:70rem}}table{{border-collapse:collapse}}
td,th{{text-align:left;padding:.25rem .8rem;border-bottom:1px solid #8884}}.bad{{color:#c4162a;font-weight:600}}
@media(prefers-color-scheme:dark){{body{{background:#111217;color:#d8d9da}}a{{color:#6e9fff}}}}</style></head><body>
<h1>Pharos blackbox prober</h1>
<p><a href="metrics">Metrics</a> | <a href="config">Configuration</a></p>
<form action="probe"><input name="target" placeholder="target" size="40"> <select name="module">{modules}</select>
<label><input type="checkbox" name="debug" value="true" checked> debug</label> <button>Probe</button></form>
<h2>Recent probes</h2>
<table><tr><th>Module</th><th>Target</th><th>Result</th><th>Seconds</th><th></th></tr>{rows}</table></body></html>
"""


def landing_page(config: BlackboxConfig, history: History) -> str:
    """HTML with a form and the recent probes."""
    modules = "".join(f"<option>{escape(name)}</option>" for name in sorted(config.modules))
    return _PAGE.format(modules=modules, rows="".join(_row(outcome) for outcome in history))


def _row(outcome: Outcome) -> str:
    probe = outcome.probe
    failure = probe.failure
    result = "Success" if failure is None else f'<span class="bad">Failure: {escape(failure.reason.value)}</span>'
    again = urlencode({"module": probe.module_name, "target": probe.target, "debug": "true"})
    return (
        f"<tr><td>{escape(probe.module_name)}</td><td>{escape(probe.target)}</td><td>{result}</td>"
        f'<td>{outcome.duration_s:.4f}</td><td><a href="logs?id={outcome.id}">Logs</a> '
        f'<a href="probe?{escape(again)}">Again</a></td></tr>'
    )


def debug_text(probe: Probe) -> str:
    """The probe's log, its metrics and its module, as `debug=true` and `/logs` show them."""
    return (
        f"Logs for the probe:\n{probe.rendered_log()}\n\n\n\n"
        f"Metrics that would have been returned:\n{probe.page.render().decode()}\n\n\n"
        f"Module configuration:\n{module_text(probe.module)}"
    )


def module_text(module: Module) -> str:
    return yaml.safe_dump(shown(module), sort_keys=False, allow_unicode=True)


def config_text(config: BlackboxConfig) -> str:
    """The running configuration as YAML, secrets masked."""
    modules = {name: shown(module) for name, module in sorted(config.modules.items())}
    return yaml.safe_dump({"modules": modules}, sort_keys=False, allow_unicode=True)
