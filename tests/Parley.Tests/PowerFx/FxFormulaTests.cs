using System.Globalization;
using Parley.Workflows.PowerFx;

namespace Parley.Tests.PowerFx;

public sealed class FxFormulaTests
{
    public static TheoryData<string, string> Equal => new()
    {
        // Operators and their strength.
        { "1 + 2 * 3 - 4 / 2", "5" },
        { "(1 + 2) * 3", "9" },
        { "-2 ^ 2", "-4" },
        { "2 ^ -1", "0.5" },
        { "2 ^ 3 ^ 2", "512" },
        { "50% * 4", "2" },
        { "Sqrt(2)", "1.4142135623730951" },
        { "Power(8, 1/3)", "2" },
        { "0.1 + 0.2 = 0.3", "true" },
        { "1 - -1", "2" },
        { "\"a\" & 1 + 2 & \"b\"", "\"a3b\"" },
        { "1 = 1 && 2 <> 1", "true" },
        { "true Or false And false", "true" },
        { "Not false And false", "false" },
        { "!true || true", "true" },
        { "Not(true) || Or(false, true)", "true" },
        { "And(true, Not false)", "true" },
        { "false && 1 / 0 = 1", "false" },
        { "true || 1 / 0 = 1", "true" },
        { "1 + 1 = 2 = true", "true" },

        // What agents' workflows write.
        { "Local.Count + 1", "4" },
        { "Topic.Count", "3" },
        { "Upper(Local.Name)", "\"ANN\"" },
        { "Mod(Local.Count, 2) = 1", "true" },
        { "Concatenate(\"Hello \", Local.Name)", "\"Hello Ann\"" },
        { "$\"Hello {Local.Name}, {Local.Count * 2} {{x}} \"\"q\"\"\"", "\"Hello Ann, 6 {x} \"\"q\"\"\"" },
        { "$\"{If(Local.Flag, $\"in {\"\"\"{}\"} \", \"\")}end\"", "\"in \"\"{} end\"" },
        { "Local.Reply.Text", "\"fine\"" },
        { "First(Local.Orders).'is open'", "true" },
        { "Local.'Count'", "3" },
        { "{a: 1, b: {c: \"x\"}}.b.c", "\"x\"" },
        { "{a: 1, b: 2} = {b: 2, a: 1}", "true" },
        { "[1, 2] = Table({Value: 1}, {Value: 2})", "true" },
        { "\"a\n\" & // comment\n /* another */ \"b\"", "\"a\nb\"" },
        { "\r\n  Local.Count\r\n  + 1\r\n", "4" },

        // Blank.
        { "Local.Unset", "Blank()" },
        { "Local.Unset.Deeper.Still", "Blank()" },
        { "Local.Unset + 1", "1" },
        { "Local.Unset < 4", "true" },
        { "Local.Unset >= 0", "true" },
        { "Local.Unset = 0", "false" },
        { "Local.Unset = \"\"", "false" },
        { "Local.Unset = Blank()", "true" },
        { "Local.Unset <> \"x\"", "true" },
        { "If(Local.Unset, 1, 2)", "2" },
        { "If(false, 1)", "Blank()" },
        { "\"a\" & Local.Unset & \"b\"", "\"ab\"" },
        { "Len(Local.Unset)", "0" },
        { "IsBlank(Local.Empty)", "true" },
        { "IsBlank(0)", "false" },
        { "IsBlank(First(Local.Unset))", "true" },
        { "IsEmpty(Local.Unset)", "true" },
        { "Find(\"z\", \"abc\")", "Blank()" },
        { "Value(\"\")", "Blank()" },
        { "Sum(Local.Unset)", "Blank()" },
        { "UserMessage(\"\")", "Blank()" },

        // One type as another.
        { "\"2\" * \"3\"", "6" },
        { "true + true", "2" },
        { "1 & true", "\"1true\"" },
        { "7 && 0", "false" },
        { "\"TRUE\" && true", "true" },
        { "1.50 & \"\"", "\"1.5\"" },
        { "10 / 4 & \"\"", "\"2.5\"" },
        { "1000000 * 1000000", "1000000000000" },
        { "12345678901234567890 & \"\"", "\"12345678901234567890\"" },
        { "Value(\" (12.5) \")", "-12.5" },
        { "Value(\"-%5\")", "-0.05" },
        { "Value(\"- 1,000\")", "-1000" },
        { "Value(\"$ -1234.5\")", "-1234.5" },
        { "Value(\"% (50)\")", "-0.5" },
        { "Value(\"24e3\")", "24000" },
        { "IsError(Value(\"%5%\")) && IsError(Value(\"1 23\")) && IsError(Value(\"$%1\")) && IsError(Value(\" \"))", "true" },
        { "Value(\"12 %\")", "0.12" },
        { "Value(Date(2022, 11, 21))", "44886" },
        { "First([41]) + 1", "42" },
        { "\"a\" = \"A\"", "false" },

        // in and exactin.
        { "\"ELL\" in \"Hello\"", "true" },
        { "\"ELL\" exactin \"Hello\"", "false" },
        { "\"green\" in Local.Tags", "true" },
        { "\"green\" exactin Local.Tags", "false" },
        { "2 in Local.Reply.Scores", "true" },
        { "{id: 1} in [{id: 1}]", "true" },

        // Rows.
        { "ForAll(Local.Orders, total * 2)", "[20, 51, 8]" },
        { "ForAll(Local.Orders, {n: id})", "[{n: 1}, {n: 2}, {n: 3}]" },
        { "ForAll(Local.Orders, note)", "[Blank(), \"late\", Blank()]" },
        { "ForAll(Local.Orders, ThisRecord.id)", "[1, 2, 3]" },
        { "ForAll(Local.Orders As order, CountIf(Local.Orders, total > order.total))", "[1, 0, 2]" },
        { "ForAll(Filter(Local.Orders, total > 5 && id > 1), total + Local.Count)", "[28.5]" },
        { "ForAll([1, 2], If(Value = 2, {n: Value}))", "[{}, {n: 2}]" },
        { "Filter(ForAll([1, 2], If(Value = 2, {n: Value})), !IsBlank(ThisRecord))", "[{n: 2}]" },
        { "ForAll([1, 2], If(Value = 2, Value))", "[Blank(), 2]" },
        { "LookUp(Local.Orders, id = 9)", "Blank()" },
        { "LookUp(Local.Orders, total > 5, id)", "1" },
        { "CountRows(Search(Local.Orders, \"LA\", \"note\"))", "1" },
        { "Concat(Local.Tags, $\"- {Value}\", Char(10))", "\"- red\n- Green\n- blue\"" },
        { "Concat(\"a\", 1, \"b\", 2)", "\"a1b2\"" },
        { "ForAll(Sort(Local.Orders, total), id)", "[3, 1, 2]" },
        { "Sort([\"b\", Blank(), \"A\"], Value)", "[\"A\", \"b\", Blank()]" },
        { "ForAll(SortByColumns(Local.Orders, \"id\", SortOrder.Descending), id)", "[3, 2, 1]" },
        { "Sum(Local.Orders, total) / CountRows(Local.Orders)", "13.166666666666666666666666667" },
        { "Average(Local.Reply.Scores, Value)", "2" },
        { "Max(Local.Orders, total) - Min(5, Blank(), 4)", "21.5" },
        { "Max([Date(2026, 1, 1), Date(2026, 3, 1)], Value)", "Date(2026, 3, 1)" },
        { "IfError(Index(Local.Tags, 9), \"none\")", "\"none\"" },
        { "With({a: 1}, With({b: 2}, a + b + Local.Count))", "6" },
        { "AddColumns({a: 1}, b, 2)", "{a: 1, b: 2}" },
        { "[[1, 2], [3]]", "Table({Value: [1, 2]}, {Value: [3]})" },

        // Errors as values.
        { "IfError(1 / 0, -1)", "-1" },
        { "IfError(5, -1)", "5" },
        { "IfError(1, 2, 3)", "3" },
        { "IfError(Value(\"x\"), FirstError.Message)", "\"the text is not a number\"" },
        { "ForAll([1, 0], IfError(1 / Value, ThisRecord.Value))", "[1, 0]" },
        { "IsError(Sqrt(-1))", "true" },
        { "IsError(Local.Count)", "false" },

        // Dates; the clock stands at 13:00 on 20 November 2026.
        { "Today()", "Date(2026, 11, 20)" },
        { "Now() = DateTime(2026, 11, 20, 13, 0, 0)", "true" },
        { "Local.Day - Today()", "5" },
        { "Today() + 1", "Date(2026, 11, 21)" },
        { "Date(2026, 1, 2) + Time(3, 4, 5)", "DateTime(2026, 1, 2, 3, 4, 5)" },
        { "Local.Day & \"\"", "\"11/25/2026\"" },
        { "Now() & \"\"", "\"11/20/2026 1:00 PM\"" },
        { "Local.Day > Today()", "true" },
        { "Date(125, 0, 15)", "Date(2024, 12, 15)" },
        { "DateAdd(Local.Day, -1, Quarters)", "Date(2026, 8, 25)" },
        { "DateAdd(Date(2026, 1, 1), 36, TimeUnit.Hours)", "DateTime(2026, 1, 2, 12, 0, 0)" },
        { "DateDiff(Time(1, 0, 0), Time(2, 30, 0), TimeUnit.Minutes)", "90" },
        { "Text(Local.Day, \"dddd, d mmm yyyy\")", "\"Wednesday, 25 Nov 2026\"" },
        { "Text(Now(), \"yyyy-mm-dd hh:mm:ss\")", "\"2026-11-20 13:00:00\"" },
        { "Text(Now(), \"h:mm am/pm\")", "\"1:00 PM\"" },
        { "Text(Now(), DateTimeFormat.UTC)", "\"2026-11-20T13:00:00.000Z\"" },
        { "Text(0.256, \"0.0%\")", "\"25.6%\"" },
        { "Text(7, \"000\")", "\"007\"" },
        { "Text(5, \"C\")", "\"C\"" },
        { "Text(1234.5, \"$#,##0.00\")", "\"$1,234.50\"" },

        // JSON.
        { "JSON({a: 1.50, b: \"x\", c: Blank(), d: [1]})",
            "\"{\"\"a\"\":1.5,\"\"b\"\":\"\"x\"\",\"\"c\"\":null,\"\"d\"\":[{\"\"Value\"\":1}]}\"" },
        { "JSON(Local.Day)", "\"\"\"2026-11-25\"\"\"" },
        { "JSON({a: 1}, JSONFormat.IndentFour)", "\"{\n    \"\"a\"\": 1\n}\"" },
        { "ParseJSON(\"[{\"\"a\"\":1},{\"\"a\"\":null}]\")", "[{a: 1}, {a: Blank()}]" },
        { "Text(Index(ParseJSON(\"[7]\"), 1))", "\"7\"" },
        { "Boolean(ParseJSON(\"{\"\"ok\"\": true}\").ok)", "true" },

        // Patterns.
        { "IsMatch(\"abc\", \"b\")", "false" },
        { "IsMatch(\"abc\", \"B\", MatchOptions.Contains & MatchOptions.IgnoreCase)", "true" },
        { "IsMatch(\"abc\", \"ab\", MatchOptions.BeginsWith)", "true" },
        { "IsMatch(\"a|b\", \"a|b\")", "false" },
        { "Match(\"on 2026-11\", \"(\\d+)-(\\d+)\").SubMatches", "[\"2026\", \"11\"]" },
        { "Match(\"on 2026-11\", \"\\d+\").StartMatch", "4" },
        { "IsBlank(Match(\"none\", \"\\d\"))", "true" },

        // Messages.
        { "MessageText(UserMessage(\" hi \"))", "\"hi\"" },
        { "First(UserMessage(\"hi\").Content)", "{Type: \"Text\", Value: \"hi\", MediaType: Blank()}" },
        { "MessageText([UserMessage(\"a\"), {Text: \" \"}, AgentMessage(\"b\")])", "\"a\nb\"" },
    };

    [Theory]
    [MemberData(nameof(Equal))]
    public void A_formula_gives_what_another_gives(string formula, string expected) =>
        Assert.Equal(Formulas.Evaluated(expected), Formulas.Evaluated(formula));

    [Fact]
    public void The_culture_of_the_machine_changes_nothing()
    {
        var german = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        german.NumberFormat.NumberDecimalSeparator = ",";
        german.NumberFormat.NumberGroupSeparator = ".";
        german.NumberFormat.NegativeSign = "~";
        german.DateTimeFormat.ShortDatePattern = "dd.MM.yyyy";
        german.DateTimeFormat.DateSeparator = ".";
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = german;
        try
        {
            Assert.Equal(new FxText("-1.5 1,234.50 11/25/2026 1.5"), Formulas.Evaluated(
                "$\"{-1.5} {Text(1234.5, \"#,##0.00\")} {Local.Day} {Value(\"1.5\")}\""));
            Assert.Equal("-0.5 11/25/2026", FxTemplate.Parse("{-1/2} {Local.Day}").Render(Formulas.Scope));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void One_formula_is_evaluated_by_many_threads()
    {
        var formula = FxFormula.Parse("Sum(ForAll(Sequence(50), Value * Local.Count), Value)");
        var sums = ParallelEnumerable.Range(0, 64).Select(_ => formula.Evaluate(Formulas.Scope));
        Assert.All(sums, sum => Assert.Equal(new FxNumber(3825), sum));
    }

    [Fact]
    public void Adding_to_a_variable_allocates_little()
    {
        var formula = FxFormula.Parse("Local.Count + 1");
        formula.Evaluate(Formulas.Scope);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) formula.Evaluate(Formulas.Scope);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 1, 128);
    }
}
