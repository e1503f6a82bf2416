using Parley.IntegrationTests.Servers;

namespace Parley.IntegrationTests.Sdk;

/// <summary>Workflows through the official Coze SDK.</summary>
public sealed class CozeWorkflowSdkTests(Cluster cluster, SdkRuns runs) : SdkTests(cluster, runs, Script, remote: false)
{
    private const string Script = "coze-workflow.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task With_a_workflow_that_asks(string test) => CheckAsync(test);
}
