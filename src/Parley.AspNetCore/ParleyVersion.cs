using System.Reflection;

namespace Parley.AspNetCore;

/// <summary>Which Parley this is.</summary>
internal static class ParleyVersion
{
    /// <summary>Such as <c>0.1.0</c>, without what the build adds behind a plus sign.</summary>
    public static string Text { get; } = (typeof(ParleyVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0];
}
