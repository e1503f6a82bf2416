using Parley.IntegrationTests.Servers;

namespace Parley.IntegrationTests.Sdk;

/// <summary>The official OpenAI SDK for Node, version 6, with echo agents.</summary>
public sealed class OpenAISdkTests(Cluster cluster, SdkRuns runs) : SdkTests(cluster, runs, Script, remote: false)
{
    private const string Script = "openai.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task With_echo_agents(string test) => CheckAsync(test);
}

/// <summary>Version 6 with agents that are at a second Parley.</summary>
public sealed class OpenAIRemoteSdkTests(Cluster cluster, SdkRuns runs) : SdkTests(cluster, runs, Script, remote: true)
{
    private const string Script = "openai.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task Through_a_second_Parley(string test) => CheckAsync(test);
}

/// <summary>Version 7, which reads errors in streams otherwise.</summary>
public sealed class OpenAI7SdkTests(Cluster cluster, SdkRuns runs) : SdkTests(cluster, runs, Script, remote: false, package: "openai-7")
{
    private const string Script = "openai.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task With_echo_agents(string test) => CheckAsync(test);
}

/// <summary>One conversation through the SDKs of three protocols, with echo agents.</summary>
public sealed class OneConversationTests(Cluster cluster, SdkRuns runs) : SdkTests(cluster, runs, Script, remote: false)
{
    private const string Script = "one-conversation.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task With_echo_agents(string test) => CheckAsync(test);
}

/// <summary>Responses and Conversations through version 6, with echo agents.</summary>
public sealed class ResponsesSdkTests(Cluster cluster, SdkRuns runs) : SdkTests(cluster, runs, Script, remote: false)
{
    private const string Script = "responses.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task With_echo_agents(string test) => CheckAsync(test);
}

/// <summary>Responses and Conversations through version 6 with agents that are at a second Parley.</summary>
public sealed class ResponsesRemoteSdkTests(Cluster cluster, SdkRuns runs) : SdkTests(cluster, runs, Script, remote: true)
{
    private const string Script = "responses.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task Through_a_second_Parley(string test) => CheckAsync(test);
}

/// <summary>Responses and Conversations through version 7.</summary>
public sealed class Responses7SdkTests(Cluster cluster, SdkRuns runs) : SdkTests(cluster, runs, Script, remote: false, package: "openai-7")
{
    private const string Script = "responses.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task With_echo_agents(string test) => CheckAsync(test);
}

/// <summary>The Vercel AI SDK, with echo agents.</summary>
public sealed class AiSdkTests(Cluster cluster, SdkRuns runs) : SdkTests(cluster, runs, Script, remote: false)
{
    private const string Script = "ai-sdk.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task With_echo_agents(string test) => CheckAsync(test);
}
