using System.Net;
using Parley.Workflows.Outside;

namespace Parley.Tests.Workflows;

public sealed class OutsideHostsTests
{
    [Theory]
    [InlineData("api.example", "https://api.example/x", true)]
    [InlineData("api.example", "http://API.example/x", true)]
    [InlineData("api.example", "https://api.example:8443/x", false)]
    [InlineData("api.example:8443", "https://api.example:8443/x", true)]
    [InlineData("api.example:8443", "https://api.example/x", false)]
    [InlineData("api.example", "https://my.api.example/x", false)]
    [InlineData("*.example", "https://api.example/x", true)]
    [InlineData("*.example", "https://example/x", false)]
    [InlineData("*.example", "https://badexample/x", false)]
    [InlineData("*", "https://any.example/x", true)]
    [InlineData("[::1]:80", "http://[::1]/x", true)]
    [InlineData("::1", "http://[::1]/x", true)]
    public void A_url_may_be_called_where_a_pattern_fits(string pattern, string url, bool expected)
    {
        Assert.True(OutsideHosts.TryParse([pattern], out var hosts));
        Assert.Equal(expected, hosts.MayCall(new Uri(url)));
    }

    [Theory]
    [InlineData("*", "a.example", "93.184.215.14", true)]
    [InlineData("*", "a.example", "10.0.0.7", false)]
    [InlineData("*", "a.example", "127.0.0.1", false)]
    [InlineData("*", "a.example", "::ffff:10.0.0.7", false)]
    [InlineData("*", "a.example", "64:ff9b::a00:7", false)]
    [InlineData("*", "a.example", "2002:7f00:1::", false)]
    [InlineData("*", "a.example", "fd12::1", false)]
    [InlineData("a.example", "a.example", "10.0.0.7", true)]
    [InlineData("a.example", "a.example", "127.0.0.1", false)]
    [InlineData("a.example", "a.example", "::1", false)]
    [InlineData("a.example", "a.example", "169.254.169.254", false)]
    [InlineData("169.254.169.254", "169.254.169.254", "169.254.169.254", false)]
    [InlineData("a.example", "a.example", "fe80::1", false)]
    [InlineData("a.example", "a.example", "fd00:ec2::254", false)]
    [InlineData("a.example", "a.example", "100.100.100.200", false)]
    [InlineData("a.example", "a.example", "0.0.0.0", false)]
    [InlineData("localhost", "localhost", "127.0.0.1", true)]
    [InlineData("127.0.0.1", "127.0.0.1", "127.0.0.1", true)]
    public void An_address_is_judged_by_what_it_is_and_how_its_host_was_listed(string pattern, string host, string address, bool expected)
    {
        Assert.True(OutsideHosts.TryParse([pattern], out var hosts));
        Assert.Equal(expected, hosts.MayCall(host, 443, IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("https://a.example")]
    [InlineData("a.example:0")]
    [InlineData("a.example:x")]
    [InlineData("a b")]
    [InlineData("a.*.example")]
    public void What_is_no_host_is_no_pattern(string pattern) => Assert.False(OutsideHosts.TryParse([pattern], out _));
}
