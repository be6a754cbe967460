using System.Text;
using FeatureFlags.Access;
using FeatureFlags.Access.Http;
using FeatureFlags.Access.Keys;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace FeatureFlags.UnitTests.Access;

internal sealed class UrlTokensTests
{
    private static readonly byte[] Key = Encoding.UTF8.GetBytes(new string('k', 31) + "1");
    private static readonly byte[] OtherKey = Encoding.UTF8.GetBytes(new string('k', 31) + "2");
    private static readonly Scope Acme = new("acme", "staging");
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Evening = Noon.AddHours(6);

    private FakeTimeProvider _clock = new();

    [SetUp]
    public void ItIsNoon() => _clock = new FakeTimeProvider(Noon);

    [Test]
    public async Task Whoever_brings_a_token_works_in_its_scope_until_it_ends()
    {
        var tokens = Tokens(Key);
        var token = tokens.Issue(Caller(), "stream", Evening);

        var call = await Admitted(tokens, token);

        Assert.That(call.Scope, Is.EqualTo(Acme));
        Assert.That(call.Until, Is.EqualTo(Evening));
    }

    [Test]
    public void The_same_caller_gets_the_same_token_for_the_same_time()
    {
        var token = Tokens(Key).Issue(Caller(), "stream", Evening);
        _clock.Advance(TimeSpan.FromHours(5));

        Assert.That(Tokens(Key).Issue(Caller(), "stream", Evening), Is.EqualTo(token));
        Assert.That(Tokens(Key).Issue(Caller(), "stream", Evening.AddHours(6)), Is.Not.EqualTo(token));
    }

    [Test]
    public async Task It_ends_at_its_time_and_with_the_credential_of_whom_it_was_made_for()
    {
        var tokens = Tokens(Key);
        var own = tokens.Issue(Caller(), "stream", Evening);
        var ofAnEarlierEnd = tokens.Issue(Caller(until: Noon.AddHours(1)), "stream", Evening);
        Assert.That((await Admitted(tokens, ofAnEarlierEnd)).Until, Is.EqualTo(Noon.AddHours(1)));

        _clock.SetUtcNow(Noon.AddHours(1));
        Assert.That(() => Admitted(tokens, ofAnEarlierEnd), Throws.TypeOf<UnauthenticatedException>());
        Assert.That(() => Admitted(tokens, own), Throws.Nothing);

        _clock.SetUtcNow(Evening);
        Assert.That(() => Admitted(tokens, own), Throws.TypeOf<UnauthenticatedException>());
    }

    [Test]
    public void It_opens_what_it_was_made_for_and_nothing_else()
    {
        var tokens = Tokens(Key);
        var token = tokens.Issue(Caller(), "another-use", Evening);

        Assert.That(() => Admitted(tokens, token), Throws.TypeOf<UnauthenticatedException>());
    }

    [Test]
    public void A_former_signing_key_still_opens_and_a_foreign_one_never_did()
    {
        var token = Tokens(Key).Issue(Caller(), "stream", Evening);

        Assert.That(() => Admitted(Tokens(OtherKey, previous: Key), token), Throws.Nothing);
        Assert.That(() => Admitted(Tokens(OtherKey), token), Throws.TypeOf<UnauthenticatedException>());
    }

    [Test]
    public void Whatever_is_changed_of_it_opens_nothing()
    {
        var tokens = Tokens(Key);
        var token = tokens.Issue(Caller(), "stream", Evening)!;

        for (var i = 0; i < token.Length; i++)
        {
            // The last character of a part holds bits that count for nothing.
            if (i == token.Length - 1 || token[i + 1] == '.')
                continue;
            var altered = $"{token[..i]}{(token[i] == 'A' ? 'B' : 'A')}{token[(i + 1)..]}";
            Assert.That(() => Admitted(tokens, altered), Throws.TypeOf<UnauthenticatedException>(), $"at {i}");
        }
    }

    // To a browser a 401 is final, and who asks for every flag by API key needs no signing key.
    [Test]
    public void Until_the_signing_key_is_loaded_none_is_issued_and_whoever_has_one_is_to_try_again()
    {
        var tokens = Tokens(key: null);

        Assert.That(tokens.Issue(Caller(), "stream", Evening), Is.Null);
        Assert.That(
            () => Admitted(tokens, Tokens(Key).Issue(Caller(), "stream", Evening)),
            Throws.TypeOf<UnavailableException>()
        );
    }

    private UrlTokens Tokens(byte[]? key, byte[]? previous = null)
    {
        var signing = new SigningKeys(new AccessSettings(true, key, previous, FirstClient: null));
        var services = new ServiceCollection().BuildServiceProvider().GetRequiredService<IServiceScopeFactory>();
        return new UrlTokens(signing, new KnownKeys(services, new DatabaseStatus(), _clock), _clock);
    }

    private static DefaultHttpContext Caller(DateTimeOffset? until = null)
    {
        var context = Request();
        context.RequestServices.GetRequiredService<CallContext>().Enter(Acme, "ada", until: until);
        return context;
    }

    private static async Task<CallContext> Admitted(UrlTokens tokens, string? token)
    {
        var context = Request();
        await tokens.Admit(context, "stream", token);
        return context.RequestServices.GetRequiredService<CallContext>();
    }

    private static DefaultHttpContext Request() =>
        new() { RequestServices = new ServiceCollection().AddSingleton<CallContext>().BuildServiceProvider() };
}
