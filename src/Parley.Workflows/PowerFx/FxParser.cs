namespace Parley.Workflows.PowerFx;

/// <summary>Makes the tree of a formula, by recursive descent with a limit.</summary>
internal sealed class FxParser
{
    private const int MaxNesting = 100;

    private readonly FxLexer _lexer;
    private FxToken _token;
    private int _nesting;

    /// <param name="text">The text that contains the formula.</param>
    /// <param name="start">Where the formula starts.</param>
    public FxParser(string text, int start)
    {
        _lexer = new FxLexer(text, start);
        _token = _lexer.Next();
    }

    public FxNode Expression()
    {
        Enter();
        var node = Binary(1);
        _nesting--;
        return node;
    }

    public void ExpectEnd()
    {
        if (_token.Kind != FxTokenKind.End) throw Unexpected("an operator or the end");
    }

    /// <summary>The place after the brace that ends a formula in a text.</summary>
    public int ExpectClosingBrace()
    {
        if (!_token.Is("}")) throw Unexpected("'}'");
        return _lexer.Position;
    }

    private static (FxOperator Operator, int Strength) Operator(FxToken token) => token.Kind is FxTokenKind.Symbol or FxTokenKind.Name
        ? token.Text switch
        {
            "||" or "Or" => (FxOperator.Or, 1),
            "&&" or "And" => (FxOperator.And, 2),
            "in" => (FxOperator.In, 3),
            "exactin" => (FxOperator.ExactIn, 3),
            "=" => (FxOperator.Equal, 4),
            "<>" => (FxOperator.NotEqual, 4),
            "<" => (FxOperator.Less, 4),
            "<=" => (FxOperator.LessOrEqual, 4),
            ">" => (FxOperator.Greater, 4),
            ">=" => (FxOperator.GreaterOrEqual, 4),
            "&" => (FxOperator.Concatenate, 5),
            "+" => (FxOperator.Add, 6),
            "-" => (FxOperator.Subtract, 6),
            "*" => (FxOperator.Multiply, 7),
            "/" => (FxOperator.Divide, 7),
            _ => default,
        }
        : default;

    private FxNode Binary(int weakest)
    {
        var left = Prefix();
        while (Operator(_token) is { Strength: > 0 } found && found.Strength >= weakest)
        {
            var position = _token.Start;
            Advance();
            if (found.Operator == FxOperator.Concatenate)
            {
                // One node for a chain, so that a long one is neither deep nor copied at each &.
                var parts = new List<FxNode> { left, Binary(found.Strength + 1) };
                while (_token.Is("&"))
                {
                    Advance();
                    parts.Add(Binary(found.Strength + 1));
                }
                left = Checked(new FxJoin([.. parts], position));
            }
            else left = Checked(new FxBinary(found.Operator, left, Binary(found.Strength + 1), position));
        }
        return left;
    }

    private FxNode Prefix()
    {
        var position = _token.Start;
        var isNot = _token.Is("!") || (_token.Is("Not") && !PeekIsOpen());
        if (!isNot && !_token.Is("-")) return Power();
        Enter();
        Advance();
        var node = Checked(new FxUnary(isNot ? FxOperator.Not : FxOperator.Subtract, Prefix(), position));
        _nesting--;
        return node;
    }

    private FxNode Power()
    {
        var left = Postfix();
        if (!_token.Is("^")) return left;
        var position = _token.Start;
        Enter();
        Advance();
        var node = Checked(new FxBinary(FxOperator.Power, left, Prefix(), position));
        _nesting--;
        return node;
    }

    private FxNode Postfix()
    {
        var isPath = _token.Kind == FxTokenKind.QuotedName && _token.Text.Contains('.', StringComparison.Ordinal);
        var node = Primary();
        while (true)
        {
            var position = _token.Start;
            if (_token.Is("."))
            {
                Advance();
                var name = Name("a name after '.'");
                node = node is FxName { Name: var set } && FxEnums.Find(set, name) is { } value
                    ? new FxLiteral(value, position)
                    : Checked<FxNode>(isPath && node is FxName list ? new FxChoice(list, name, position) : new FxMember(node, name, position));
            }
            else if (_token.Is("%"))
            {
                Advance();
                node = Checked(new FxUnary(FxOperator.Percent, node, position));
            }
            else return node;
        }
    }

    private FxNode Primary()
    {
        var token = _token;
        switch (token.Kind)
        {
            case FxTokenKind.Number:
                Advance();
                return new FxLiteral(new FxNumber(token.Number), token.Start);
            case FxTokenKind.Text:
                Advance();
                return new FxLiteral(new FxText(token.Text), token.Start);
            case FxTokenKind.QuotedName:
                Advance();
                return new FxName(token.Text, token.Start);
            case FxTokenKind.Name when token.Text is "true" or "false":
                Advance();
                return new FxLiteral(FxBoolean.Of(token.Text == "true"), token.Start);
            case FxTokenKind.Name when !IsOperatorWord(token) || PeekIsOpen():
                Advance();
                return _token.Is("(") ? Call(token) : new FxName(token.Text, token.Start);
            case FxTokenKind.Symbol when token.Text == "(":
                Advance();
                var inner = Expression();
                Expect(")");
                return inner;
            case FxTokenKind.Symbol when token.Text == "[":
                Advance();
                return Checked(new FxTableNode(List("]"), token.Start));
            case FxTokenKind.Symbol when token.Text == "{":
                return Record();
            case FxTokenKind.Symbol when token.Text == "$\"":
                return Interpolation();
            default:
                throw Unexpected("a value");
        }
    }

    private FxNode Call(FxToken name)
    {
        if (!FxFunctions.All.TryGetValue(name.Text, out var function))
        {
            var meant = FxFunctions.All.Keys.FirstOrDefault(key => key.Equals(name.Text, StringComparison.OrdinalIgnoreCase));
            throw new FxException($"there is no function '{name.Text}'" + (meant is null ? "" : $"; did you mean '{meant}'?"), name.Start);
        }
        Expect("(");
        var arguments = List(")");
        if (arguments.Length < function.MinArguments || arguments.Length > function.MaxArguments)
            throw new FxException($"{function.Name} takes {function.Arity}, not {arguments.Length}", name.Start);
        return Checked(new FxCall(function, arguments, name.Start));
    }

    /// <summary>Expressions up to a bracket, which is consumed. In an argument <c>As</c> may name its rows.</summary>
    private FxNode[] List(string end)
    {
        var items = new List<FxNode>();
        while (!_token.Is(end))
        {
            if (items.Count > 0) Expect(",");
            var item = Expression();
            if (end == ")" && _token.Is("As"))
            {
                var position = _token.Start;
                Advance();
                item = Checked(new FxAs(item, Name("a name after 'As'"), position));
            }
            items.Add(item);
        }
        Advance();
        return [.. items];
    }

    private FxRecordNode Record()
    {
        var start = _token.Start;
        var fields = new List<(string Name, FxNode Value)>();
        var names = new HashSet<string>();
        Advance();
        while (!_token.Is("}"))
        {
            if (fields.Count > 0) Expect(",");
            var position = _token.Start;
            var name = Name("the name of a member");
            if (!names.Add(name)) throw new FxException($"the record has two members '{name}'", position);
            Expect(":");
            fields.Add((name, Expression()));
        }
        Advance();
        return Checked(new FxRecordNode([.. fields], start));
    }

    private FxJoin Interpolation()
    {
        var start = _token.Start;
        var parts = new List<FxNode>();
        while (true)
        {
            var literal = _lexer.Interpolated(start, out var more);
            if (literal.Length > 0) parts.Add(new FxLiteral(new FxText(literal), start));
            if (!more) break;
            _token = _lexer.Next();
            parts.Add(Expression());
            if (!_token.Is("}")) throw Unexpected("'}'");
        }
        Advance();
        return Checked(new FxJoin([.. parts], start));
    }

    private string Name(string what)
    {
        if (_token.Kind is not (FxTokenKind.Name or FxTokenKind.QuotedName)) throw Unexpected(what);
        var name = _token.Text;
        Advance();
        return name;
    }

    private static bool IsOperatorWord(FxToken token) => token.Text is "And" or "Or" or "Not" or "As" or "in" or "exactin";

    private bool PeekIsOpen()
    {
        var position = _lexer.Position;
        var isOpen = _lexer.Next().Is("(");
        _lexer.Position = position;
        return isOpen;
    }

    private void Enter()
    {
        if (++_nesting > MaxNesting) throw TooDeep(_token.Start);
    }

    private static T Checked<T>(T node)
        where T : FxNode => node.Height <= FxNode.MaxHeight ? node : throw TooDeep(node.Position);

    private static FxException TooDeep(int position) => new("the formula is nested too deeply", position);

    private void Advance() => _token = _lexer.Next();

    private void Expect(string symbol)
    {
        if (!_token.Is(symbol)) throw Unexpected($"'{symbol}'");
        Advance();
    }

    private FxException Unexpected(string expected) =>
        new($"expected {expected}, not {(_token.Kind == FxTokenKind.End ? "the end" : $"'{_token.Text}'")}", _token.Start);
}
