"""Go's `text/template` as an interpreter over a syntax tree: what alert annotations and notification templates are written in.

    template = Template('{{ .Labels.instance }} is at {{ .Value | printf "%.1f" }}', name="alert", functions=FUNCTIONS)
    text = template.execute({"Labels": {"instance": "a"}, "Value": 0.5}, FUNCTIONS)

Not here: the functions of one program (`query`, `externalURL`); those come in with `execute`. The ones that Prometheus and Alertmanager
share are in `pharos.gotemplate.functions`.
"""

from pharos.gotemplate.errors import TemplateError
from pharos.gotemplate.escape import SafeHtml
from pharos.gotemplate.template import Limits, Template

__all__ = ["Limits", "SafeHtml", "Template", "TemplateError"]
