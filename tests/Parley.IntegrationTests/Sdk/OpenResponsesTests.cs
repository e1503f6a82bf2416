using Parley.IntegrationTests.Servers;

namespace Parley.IntegrationTests.Sdk;

/// <summary>What the Open Responses specification demands of HTTP and of sockets, with echo agents.</summary>
public sealed class OpenResponsesTests(Cluster cluster, SdkRuns runs) : SdkTests(cluster, runs, Script, remote: false)
{
    private const string Script = "open-responses.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task With_echo_agents(string test) => CheckAsync(test);
}

/// <summary>The same of a Parley whose agents are at a second one.</summary>
public sealed class OpenResponsesRemoteTests(Cluster cluster, SdkRuns runs) : SdkTests(cluster, runs, Script, remote: true)
{
    private const string Script = "open-responses.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task Through_a_second_Parley(string test) => CheckAsync(test);
}
