"""The node exporter: what node_exporter tells about a machine, read straight from /proc and /sys."""
