using Parley.IntegrationTests.Servers;

namespace Parley.IntegrationTests.Sdk;

/// <summary>What public clients of Tongyi's web protocol do, with echo agents.</summary>
public sealed class TongyiClientTests(Cluster cluster, SdkRuns runs) : SdkTests(cluster, runs, Script, remote: false)
{
    private const string Script = "tongyi.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task With_echo_agents(string test) => CheckAsync(test);
}

/// <summary>The same of a Parley whose agents are at a second one.</summary>
public sealed class TongyiClientRemoteTests(Cluster cluster, SdkRuns runs) : SdkTests(cluster, runs, Script, remote: true)
{
    private const string Script = "tongyi.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task Through_a_second_Parley(string test) => CheckAsync(test);
}
