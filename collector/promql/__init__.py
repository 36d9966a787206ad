"""PromQL: lexer, parser, evaluator on [series, steps] matrices."""
