using Parley.Agents;
using Parley.AspNetCore.Pages;

namespace Parley.Tests.Http;

public sealed class HomePageTests
{
    private static readonly EchoAgent Echo = new(new EchoOptions(), TimeProvider.System);

    [Fact]
    public void It_shows_the_agents_and_a_call_of_each_protocol()
    {
        var page = Render(new Agent("echo", Echo) { Description = "Repeats.", Aliases = ["747"] });
        Assert.Contains("<code>echo</code>", page, StringComparison.Ordinal);
        Assert.Contains("747", page, StringComparison.Ordinal);
        Assert.Contains("Repeats.", page, StringComparison.Ordinal);
        Assert.Contains("curl -N http://127.0.0.1:5080/v3/chat -H", page, StringComparison.Ordinal);
        Assert.Contains("curl -N http://127.0.0.1:5080/v1/chat/completions -H", page, StringComparison.Ordinal);
        Assert.DoesNotContain("{{", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Authorization", page, StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_agent_says_of_itself_is_text_and_nothing_else()
    {
        var page = Render(new Agent("echo", Echo) { Description = "<script>alert(1)</script>{{calls}}" });
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;{{calls}}", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
    }

    [Fact]
    public void With_keys_the_calls_carry_one_that_is_not_shown()
        => Assert.Contains("Authorization: Bearer $PARLEY_KEY", HomePage.Render("http://127.0.0.1:5080", new AgentCatalog(new Agent("echo", Echo)), new Dictionary<string, string>(), hasKeys: true), StringComparison.Ordinal);

    [Fact]
    public void Without_agents_it_says_how_to_get_one()
        => Assert.Contains("No agent is served yet", Render(), StringComparison.Ordinal);

    private static string Render(params IEnumerable<Agent> agents)
        => HomePage.Render("http://127.0.0.1:5080", new AgentCatalog(agents), new Dictionary<string, string>(), hasKeys: false);
}
