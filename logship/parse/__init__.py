"""Bytes to fields: container prefixes, bodies, levels, and which lines belong together. All pure."""
