"""The `pharos` command: it knows the parts by name and loads one only when it is asked for."""
