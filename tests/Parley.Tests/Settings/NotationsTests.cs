using Parley.AspNetCore.Configuration;

namespace Parley.Tests.Settings;

public sealed class NotationsTests
{
    [Theory]
    [InlineData("60ms", 60)]
    [InlineData("30s", 30_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("5m", 300_000)]
    [InlineData("12h", 43_200_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData("0", 0)]
    public void Durations_have_a_unit(string text, double milliseconds)
    {
        Assert.True(Notations.Duration.TryParse(text, out var value));
        Assert.Equal(milliseconds, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("7 d")]
    [InlineData("1w")]
    [InlineData("99999999999999999999d")]
    [InlineData("1e5s")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(Notations.Duration.TryParse(text, out _));

    [Theory]
    [InlineData("continue", "continue")]
    [InlineData("cancel", "cancel")]
    [InlineData("grace 30 s", "grace 30s")]
    [InlineData("grace 1.5s", "grace 1500ms")]
    [InlineData("grace 40d", "grace 40d")]
    public void Policies_on_leaving_are_a_word_and_perhaps_a_time(string text, string written)
    {
        Assert.True(Notations.OnDisconnect.TryParse(text, out var policy));
        Assert.Equal(written, Notations.OnDisconnect.Format(policy));
    }

    [Theory]
    [InlineData("20MB", 20_971_520)]
    [InlineData("1gb", 1_073_741_824)]
    [InlineData("512KB", 524_288)]
    [InlineData("100B", 100)]
    [InlineData("100", 100)]
    public void Sizes_count_in_1024s(string text, long bytes)
    {
        Assert.True(Notations.Size.TryParse(text, out var value));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("-1MB")]
    [InlineData("MB")]
    [InlineData("1.5MB")]
    [InlineData("99999999999GB")]
    public void What_is_no_size_is_refused(string text) => Assert.False(Notations.Size.TryParse(text, out _));

    [Theory]
    [InlineData("http://127.0.0.1:5080", true)]
    [InlineData("http://[::1]:5080", true)]
    [InlineData("http://localhost:5080/", true)]
    [InlineData("https://127.0.0.1:5080", false)]
    [InlineData("http://example.org:5080", false)]
    [InlineData("http://127.0.0.1:5080/v1", false)]
    [InlineData("127.0.0.1:5080", false)]
    public void The_server_listens_on_http_at_an_address_of_its_own(string text, bool isValid) => Assert.Equal(isValid, Notations.ListenUrl.TryParse(text, out _));

    [Fact]
    public void What_is_shown_of_a_setting_can_be_written_again()
    {
        var settings = new ParleySettings();
        foreach (var setting in SettingTable.All) Assert.Equal(settings, setting.Apply(settings, setting.Show(settings)));
    }
}
