"""The visual language: the only place with literal colours, and the style sheet made from it."""
