"""The supervisor behind `pharos up`: all parts of the stack as processes on one box."""
