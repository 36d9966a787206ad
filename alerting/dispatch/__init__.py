"""Groups and their timing: pure, the time comes in with every call."""
