using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Keys;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;
using Microsoft.Extensions.Configuration;

namespace FeatureFlags.UnitTests.Access;

internal sealed class HeldKeyTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly CredentialHash Hash = CredentialHash.OfKey(Secret.OfKey(KeyKind.Server).Text);

    private static readonly KeyTerms Terms = new(
        "key_1",
        "acme",
        "staging",
        "flags:r evaluate",
        "https://a.example https://b.example",
        Noon
    );

    [Test]
    public void It_stands_for_its_id_with_its_scopes_in_its_tenant()
    {
        var caller = new HeldKey(Hash, Terms).Caller;

        Assert.That(caller.Subject, Is.EqualTo("key_1"));
        Assert.That(caller.Grant.Scopes, Is.EqualTo(["flags:r", "evaluate"]));
        Assert.That(caller.Grant.Tenants, Is.EqualTo(["acme"]));
        Assert.That(Grant.Of(caller.User).Scopes, Is.EqualTo(caller.Grant.Scopes));
        Assert.That(caller.User.Identity!.IsAuthenticated);
        Assert.That(caller.Bounds!.Scope, Is.EqualTo(new Scope("acme", "staging")));
        Assert.That(caller.Bounds.Origins, Is.EqualTo(["https://a.example", "https://b.example"]));
    }

    [Test]
    public void It_stands_for_nobody_from_the_millisecond_it_expires()
    {
        var key = new HeldKey(Hash, Terms);

        Assert.That(key.Use(Noon.AddMilliseconds(-1)), Is.SameAs(key.Caller));
        Assert.That(key.Use(Noon), Is.Null);
        Assert.That(key.UsedAt, Is.EqualTo(Noon.AddMilliseconds(-1)));
        Assert.That(new HeldKey(Hash, Terms with { Until = null }).Use(DateTimeOffset.MaxValue), Is.Not.Null);
    }

    [Test]
    public void Who_goes_on_with_it_uses_it()
    {
        var key = new HeldKey(Hash, Terms);
        var call = new CallContext();
        call.ComeByKey(key.Caller.Bounds!.NoteUse, key.Caller.Bounds.Revoked);

        call.GoOn(Noon.AddMinutes(-1));

        Assert.That(key.UsedAt, Is.EqualTo(Noon.AddMinutes(-1)));
    }

    [Test]
    public void What_is_good_for_the_same_stays_what_it_is()
    {
        var key = new HeldKey(Hash, Terms);

        Assert.That(key.Under(Terms with { }), Is.SameAs(key));
        Assert.That(key.Under(null), Is.Null);
    }

    [Test]
    public async Task What_is_good_for_something_else_is_another_and_remembers_its_use()
    {
        var key = new HeldKey(Hash, Terms);
        key.Use(Noon.AddMinutes(-1));

        var later = key.Under(Terms with { Until = Noon.AddHours(1) })!;
        await key.Revoke();

        Assert.That(later.UsedAt, Is.EqualTo(key.UsedAt));
        Assert.That(later.Use(Noon), Is.Not.Null);
        Assert.That(key.Caller.Bounds!.Revoked.IsCancellationRequested);
        Assert.That(later.Caller.Bounds!.Revoked.IsCancellationRequested, Is.False);
    }

    [Test]
    public void What_is_written_to_disk_is_read_from_there_and_is_the_service_s_alone()
    {
        var file = FileIn(Directory.CreateTempSubdirectory("featureflags-").FullName);
        var endless = Terms with { Until = null, KeyId = "key_2" };

        file.Write([new HeldKey(Hash, Terms), new HeldKey(Hash, endless)]);

        var read = file.Read();
        Assert.That(read.Select(key => (key.Hash, key.Terms)), Is.EqualTo([(Hash, Terms), (Hash, endless)]));
        Assert.That(read.Select(key => key.IsFromFile), Has.All.True);
        if (!OperatingSystem.IsWindows())
            Assert.That(File.GetUnixFileMode(file.Path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("""{"Form":2,"Keys":[]}""")]
    [TestCase("""{"Form":1,"Keys":[null]}""")]
    [TestCase("""{"Form":1,"Keys":[{"Hash":"AAAA","Terms":null}]}""")]
    [TestCase(
        """{"Form":1,"Keys":[{"Hash":"AAAA","Terms":{"KeyId":"k","Tenant":"t","Environment":"e","Scopes":"s","Origins":"","Until":null}}]}"""
    )]
    [TestCase("""{"Form":1,"Keys":[{"Hash":""")]
    public void A_file_that_is_damaged_or_of_another_form_is_refused_as_a_whole(string content)
    {
        var file = FileIn(Directory.CreateTempSubdirectory("featureflags-").FullName);
        file.Write([]);
        File.WriteAllText(file.Path, content);

        Assert.Throws<InvalidDataException>(() => file.Read());
    }

    [Test]
    public void Where_there_is_no_file_there_are_no_keys() =>
        Assert.That(FileIn(Directory.CreateTempSubdirectory("featureflags-").FullName).Read(), Is.Empty);

    private static KeyFile FileIn(string folder) =>
        new(new ConfigurationBuilder().AddInMemoryCollection([new("DATA_DIR", folder)]).Build());
}
