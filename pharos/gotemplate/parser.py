"""Tokens to a syntax tree. Unknown functions and undefined variables are errors here, before anything runs.

Source: the grammar in the documentation of Go's `text/template`.
"""

from collections.abc import Collection
from typing import Final, NoReturn

from pharos.gotemplate import nodes
from pharos.gotemplate.errors import TemplateError, position
from pharos.gotemplate.lexer import Kind, Token, tokens
from pharos.gotemplate.literals import character, number, quoted

_MAX_DEPTH: Final = 200
_LITERALS: Final = {Kind.NUMBER, Kind.STRING, Kind.RAW, Kind.CHAR}
_CONTROL: Final[dict[str, type[nodes.If | nodes.With | nodes.Range]]] = {
    "if": nodes.If,
    "with": nodes.With,
    "range": nodes.Range,
}
_ACTIONS: Final = frozenset({"if", "range", "with", "template", "define", "block", "break", "continue"})
_KEYWORDS: Final = _ACTIONS | {"else", "end", "nil", "true", "false"}


class Parser:
    """Parses one text. `definitions` gathers the bodies of `define` and `block`."""

    def __init__(self, name: str, source: str, functions: Collection[str] | None = None) -> None:
        self.name, self.source = name, source
        self._functions = functions
        self._tokens = list(tokens(name, source))
        self._next = 0
        self._variables = ["$"]
        self._loops = 0
        self._depth = 0
        self.definitions: dict[str, nodes.Body] = {}

    def parse(self) -> nodes.Body:
        """The body of the whole text. Raises `TemplateError`."""
        body, end = self._body()
        if end != "":
            self._fail(self._tokens[self._next - 1], f"unexpected {{{{{end}}}}}")
        return body

    def _fail(self, token: Token, message: str) -> NoReturn:
        raise TemplateError(self.name, *position(self.source, token.at), message)

    def _peek(self, *, blanks: bool = False) -> Token:
        while not blanks and self._tokens[self._next].kind is Kind.SPACE:
            self._next += 1
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._peek()
        if token.kind is not Kind.END:
            self._next += 1
        return token

    def _expect(self, kind: Kind, context: str) -> Token:
        token = self._take()
        if token.kind is not kind:
            self._unexpected(token, context)
        return token

    def _unexpected(self, token: Token, context: str) -> NoReturn:
        if token.kind is Kind.END:
            self._fail(token, "unexpected EOF")
        shown = f'"{token.text}"' if token.kind is not Kind.WORD else f"<{token.text}>"
        self._fail(token, f"unexpected {shown} in {context}")

    def _body(self) -> tuple[nodes.Body, str]:
        """Nodes up to the word that ends them: `end`, `else` or, at the end of the text, the empty text."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._fail(self._peek(), f"nested deeper than {_MAX_DEPTH}")
        out: list[nodes.Node] = []
        end = ""
        while (token := self._take()).kind is not Kind.END:
            if token.kind is Kind.TEXT:
                out.append(nodes.Text(token.at, token.text))
                continue
            word = self._peek()
            if word.kind is Kind.WORD and word.text in ("end", "else"):
                self._take()
                end = word.text
                break
            node = self._action(word)
            if node is not None:
                out.append(node)
        self._depth -= 1
        return tuple(out), end

    def _action(self, word: Token) -> nodes.Node | None:
        keyword = word.text if word.kind is Kind.WORD else ""
        if keyword in _ACTIONS:
            self._take()
        match keyword:
            case "if" | "with" | "range":
                return self._control(word, keyword)
            case "define":
                self._define(word)
                return None
            case "block":
                return self._block(word)
            case "template":
                return self._call()
            case "break" | "continue":
                return self._jump(word, keyword)
        pipeline = self._pipeline("command", Kind.RIGHT)
        return nodes.Action(pipeline.at, pipeline)

    def _control(self, word: Token, keyword: str) -> nodes.Node:
        scope = len(self._variables)
        pipeline = self._pipeline(keyword, Kind.RIGHT)
        self._loops += keyword == "range"
        body, end = self._body()
        self._loops -= keyword == "range"
        otherwise: nodes.Body = ()
        if end == "else":
            otherwise = self._else(word, keyword)
        else:
            self._end(word, keyword, end)
        del self._variables[scope:]
        return _CONTROL[keyword](word.at, pipeline, body, otherwise)

    def _else(self, opening: Token, keyword: str) -> nodes.Body:
        """The branch after `else`; `else if` and `else with` nest without an `end` of their own."""
        word = self._peek()
        if word.kind is Kind.WORD and word.text == keyword and keyword in ("if", "with"):
            self._take()
            return (self._control(word, keyword),)
        self._expect(Kind.RIGHT, "else")
        body, end = self._body()
        self._end(opening, keyword, end)
        return body

    def _end(self, opening: Token, keyword: str, end: str) -> None:
        """The rest of the `{{end}}` that closes `opening`."""
        if end == "else":
            self._fail(self._tokens[self._next - 1], "expected end; found {{else}}")
        if end != "end":
            self._fail(opening, f"unexpected EOF, {{{{{keyword}}}}} has no {{{{end}}}}")
        self._expect(Kind.RIGHT, "end")

    def _define(self, word: Token) -> None:
        if self._depth > 1:
            self._fail(word, "unexpected {{define}} inside another action")
        name = self._template_name("define clause")
        self._expect(Kind.RIGHT, "define clause")
        self._definition(word, name)

    def _definition(self, word: Token, name: str) -> None:
        outer, self._variables = self._variables, ["$"]
        loops, self._loops = self._loops, 0
        body, end = self._body()
        self._end(word, f'define "{name}"', end)
        self._variables, self._loops = outer, loops
        # An empty redefinition does not replace a template that has content.
        if name not in self.definitions or not _blank(body):
            self.definitions[name] = body

    def _block(self, word: Token) -> nodes.Node:
        at = self._peek().at
        name = self._template_name("block clause")
        pipeline = self._pipeline("block clause", Kind.RIGHT)
        self._definition(word, name)
        return nodes.Call(at, name, pipeline)

    def _call(self) -> nodes.Node:
        at = self._peek().at
        name = self._template_name("template clause")
        if self._peek().kind is Kind.RIGHT:
            self._take()
            return nodes.Call(at, name, None)
        return nodes.Call(at, name, self._pipeline("template clause", Kind.RIGHT))

    def _template_name(self, context: str) -> str:
        token = self._take()
        if token.kind not in (Kind.STRING, Kind.RAW):
            self._unexpected(token, context)
        return str(self._literal(token))

    def _jump(self, word: Token, keyword: str) -> nodes.Node:
        if not self._loops:
            self._fail(word, f"{{{{{keyword}}}}} outside {{{{range}}}}")
        self._expect(Kind.RIGHT, keyword)
        return nodes.Break(word.at) if keyword == "break" else nodes.Continue(word.at)

    def _pipeline(self, context: str, end: Kind) -> nodes.Pipeline:
        start = self._peek()
        variables, assign = self._declaration(context)
        commands = [self._command(context)]
        while (token := self._take()).kind is Kind.PIPE:
            commands.append(self._command(context))
        if token.kind is not end:
            self._unexpected(token, context)
        for command in commands[1:]:
            if isinstance(command.operands[0], nodes.Literal | nodes.Nil | nodes.Dot):
                self._fail(token, f"non executable command in pipeline stage {commands.index(command) + 1}")
        if not assign:
            self._variables += variables
        return nodes.Pipeline(start.at, tuple(variables), assign, tuple(commands))

    def _declaration(self, context: str) -> tuple[list[str], bool]:
        """`$a, $b :=` at the beginning of a pipeline, if it is there."""
        start, names = self._next, []
        while self._peek().kind is Kind.VARIABLE:
            names.append(self._take())
            token = self._peek()
            if token.kind is Kind.COMMA and context == "range" and len(names) == 1:
                self._take()
                continue
            if token.kind in (Kind.DECLARE, Kind.ASSIGN):
                self._take()
                assign = token.kind is Kind.ASSIGN
                for name in names if assign else ():
                    self._check_variable(name)
                return [name.text for name in names], assign
            break
        self._next = start
        return [], False

    def _check_variable(self, token: Token) -> None:
        if token.text not in self._variables:
            self._fail(token, f'undefined variable "{token.text}"')

    def _command(self, context: str) -> nodes.Command:
        start = self._peek()
        operands: list[nodes.Operand] = []
        while True:
            operand = self._operand(context)
            if operand is None:
                break
            operands.append(operand)
            token = self._peek(blanks=True)
            if token.kind is not Kind.SPACE:
                break
        if not operands:
            token = self._peek()
            if token.kind in (Kind.RIGHT, Kind.PIPE, Kind.CLOSE):
                self._fail(token, f"missing value for {context}")
            self._unexpected(token, context)
        return nodes.Command(start.at, tuple(operands))

    def _operand(self, context: str) -> nodes.Operand | None:
        token = self._peek()
        operand = self._term(token, context)
        if operand is None:
            return None
        names = []
        while self._peek(blanks=True).kind is Kind.FIELD:
            names.append(self._take().text[1:])
        if not names:
            return operand
        if isinstance(operand, nodes.Field):
            return nodes.Field(operand.at, (*operand.names, *names))
        if isinstance(operand, nodes.Variable):
            return nodes.Variable(operand.at, operand.name, tuple(names))
        if isinstance(operand, nodes.Literal | nodes.Nil):
            self._fail(token, f"unexpected . after term {token.text!r}")
        return nodes.Chain(operand.at, operand, tuple(names))

    def _term(self, token: Token, context: str) -> nodes.Operand | None:
        if token.kind is Kind.WORD:
            return self._word(token, context)
        if token.kind in _LITERALS:
            self._take()
            return nodes.Literal(token.at, self._literal(token))
        match token.kind:
            case Kind.DOT:
                self._take()
                return nodes.Dot(token.at)
            case Kind.FIELD:
                self._take()
                return nodes.Field(token.at, (token.text[1:],))
            case Kind.VARIABLE:
                self._take()
                self._check_variable(token)
                return nodes.Variable(token.at, token.text, ())
            case Kind.OPEN:
                self._take()
                return self._pipeline("parenthesized pipeline", Kind.CLOSE)
        return None

    def _word(self, token: Token, context: str) -> nodes.Operand:
        self._take()
        if token.text in ("true", "false"):
            return nodes.Literal(token.at, token.text == "true")
        if token.text == "nil":
            return nodes.Nil(token.at)
        if token.text in _KEYWORDS:
            self._unexpected(token, context)
        if self._functions is not None and token.text not in self._functions:
            self._fail(token, f'function "{token.text}" not defined')
        return nodes.Function(token.at, token.text)

    def _literal(self, token: Token) -> object:
        try:
            if token.kind is Kind.RAW:
                return token.text[1:-1]
            return {Kind.STRING: quoted, Kind.CHAR: character, Kind.NUMBER: number}[token.kind](token.text)
        except ValueError as error:
            self._fail(token, str(error))


def _blank(body: nodes.Body) -> bool:
    return all(isinstance(node, nodes.Text) and not node.text.strip() for node in body)
