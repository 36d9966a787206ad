"""The Common Expression Language, as far as it makes sense for conditions on a JSON body.

Literals, operators, `?:`, `in`, indexing, `size`, `has`, `matches`, `contains`, `startsWith`, `endsWith`, `lowerAscii`, `upperAscii`, `trim`, `int`,
`double`, `string`, `bool`, `type`, and the macros `all`, `exists`, `exists_one`, `filter`, `map`. Not here: protobuf messages, bytes,
timestamps, durations. Source: the language definition at github.com/google/cel-spec.
"""

from blackbox.cel.lexer import CelError
from blackbox.cel.program import Program

__all__ = ["CelError", "Program"]
