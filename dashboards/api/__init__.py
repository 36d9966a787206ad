"""What the browser calls: the batch query, the data proxy, dashboards, variables, logs. JSON in, JSON out, errors as JSON too."""
