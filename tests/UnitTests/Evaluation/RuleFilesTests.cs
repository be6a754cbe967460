using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.Evaluation.Domain;
using FeatureFlags.Evaluation.LastKnownGood;
using FeatureFlags.Flags.Contracts;
using FeatureFlags.Rules;
using FeatureFlags.Segments.Contracts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace FeatureFlags.UnitTests.Evaluation;

public sealed class RuleFilesTests
{
    private static readonly Scope Acme = new("acme", "production");

    private DirectoryInfo _data = null!;

    [SetUp]
    public void MakeFolder() => _data = Directory.CreateTempSubdirectory("featureflags-");

    [TearDown]
    public void DeleteFolder() => _data.Delete(recursive: true);

    [Test]
    public void What_was_written_is_read_by_the_next_process()
    {
        var written = Stored(Acme, revision: 7, included: ["ann", "böb", "c🎈"], excluded: ["dan"]);

        Files().Write(written);

        var read = Files().Read(Acme)!;
        Assert.That(read.Head, Is.EqualTo(written.Head));
        Assert.That(read.IsFromFile, Is.True);
        Assert.That(read.Rules.Tenant, Is.EqualTo("acme"));
        Assert.That(read.Rules.Find("checkout")!.Version, Is.EqualTo(3));
        Assert.That(read.Rules.Find("checkout")!.Definition.Tags, Is.EqualTo(["web"]));
        var beta = read.Rules.FindSegment("beta")!;
        Assert.That((beta.Version, beta.Position), Is.EqualTo((5L, 42L)));
        Assert.That(beta.Included.List(), Is.EquivalentTo(["ann", "böb", "c🎈"]));
        Assert.That(beta.Excluded.List(), Is.EqualTo(["dan"]));
        foreach (var (user, variant) in new[] { ("ann", "on"), ("c🎈", "on"), ("dan", "off"), ("eve", "off") })
            Assert.That(VariantFor(user, read), Is.EqualTo(variant), user);
    }

    [Test]
    public void A_segment_whose_list_has_changed_since_it_was_loaded_is_kept_as_it_is_now()
    {
        var stored = Stored(Acme, revision: 7, included: ["ann", "bob"], excluded: []);
        var changed = stored.Segments[0] with { Included = stored.Segments[0].Included.With(["carl", "ann"], ["bob"]) };

        Files().Write(stored with { Segments = [changed] });

        Assert.That(Files().Read(Acme)!.Rules.FindSegment("beta")!.Included.List(), Is.EquivalentTo(["ann", "carl"]));
    }

    [Test]
    public void A_file_replaces_the_one_before()
    {
        var files = Files();
        files.Write(Stored(Acme, revision: 7, included: [.. Enumerable.Range(0, 500).Select(i => $"user-{i}")]));

        files.Write(Stored(Acme, revision: 8, included: ["ann"]));

        Assert.That(files.Read(Acme)!.Head.Revision, Is.EqualTo(8));
        Assert.That(Directory.GetFiles(Folder), Is.EqualTo([PathOf(Acme)]));
    }

    [Test]
    public void Each_environment_has_its_own()
    {
        var (staging, globex) = (new Scope("acme", "staging"), new Scope("globex", "production"));
        var files = Files();
        files.Write(Stored(Acme, revision: 1));
        files.Write(Stored(staging, revision: 2));
        files.Write(Stored(globex, revision: 3));

        Assert.That(files.Scopes(), Is.EquivalentTo([Acme, staging, globex]));
        Assert.That(files.Read(staging)!.Head, Is.EqualTo(new ScopeHead(staging, 2, "event-2")));
        Assert.That(files.Read(new Scope("globex", "staging")), Is.Null);
    }

    [Test]
    public void A_byte_that_is_wrong_anywhere_is_noticed()
    {
        Files().Write(Stored(Acme, revision: 7, included: ["ann"]));
        var good = File.ReadAllBytes(PathOf(Acme));

        for (var i = 0; i < good.Length; i++)
        {
            byte[] bad = [.. good];
            bad[i] ^= (byte)(1 << (i % 8));
            File.WriteAllBytes(PathOf(Acme), bad);
            Assert.That(Files().Read(Acme), Is.Null, $"byte {i} of {good.Length}");
        }
    }

    [Test]
    public void A_file_that_was_cut_off_or_goes_on_is_noticed()
    {
        Files().Write(Stored(Acme, revision: 7, included: ["ann"]));
        var good = File.ReadAllBytes(PathOf(Acme));

        for (var length = 0; length < good.Length; length++)
        {
            File.WriteAllBytes(PathOf(Acme), good[..length]);
            Assert.That(Files().Read(Acme), Is.Null, $"{length} of {good.Length} bytes");
        }
        File.WriteAllBytes(PathOf(Acme), [.. good, 0]);
        Assert.That(Files().Read(Acme), Is.Null, "one more byte");
    }

    [Test]
    public void A_file_of_another_form_is_refused_and_a_new_one_takes_its_place()
    {
        var files = Files();
        files.Write(Stored(Acme, revision: 7));
        using (var file = File.OpenWrite(PathOf(Acme)))
        {
            file.Position = 8;
            file.Write(BitConverter.GetBytes(RuleFile.Form + 1));
        }
        using (var other = File.OpenRead(PathOf(Acme)))
            Assert.That(
                () => RuleFile.Read(other),
                Throws.TypeOf<InvalidDataException>().With.Message.Contains("form 2")
            );
        Assert.That(files.Read(Acme), Is.Null);

        files.Write(Stored(Acme, revision: 8));
        Assert.That(files.Read(Acme)!.Head.Revision, Is.EqualTo(8));
    }

    [Test]
    public void A_file_under_the_name_of_another_tenant_is_refused()
    {
        var files = Files();
        files.Write(Stored(Acme, revision: 7));
        File.Copy(PathOf(Acme), PathOf(new Scope("globex", "production")));

        Assert.That(files.Read(new Scope("globex", "production")), Is.Null);
        Assert.That(files.Read(Acme), Is.Not.Null);
    }

    [Test]
    public void Files_that_are_none_of_ours_are_left_alone()
    {
        var files = Files();
        files.Write(Stored(Acme, revision: 7));
        foreach (
            var name in new[] { "notes.txt", "acme.rules", "a.b.c.rules", "Acme.production.rules", "x.y.rules.tmp" }
        )
            File.WriteAllText(Path.Combine(Folder, name), "");

        Assert.That(files.Scopes(), Is.EqualTo([Acme]));
    }

    [Test]
    public void Nobody_else_may_read_them()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has no mode bits.");
            return;
        }

        Files().Write(Stored(Acme, revision: 7));

        const UnixFileMode Mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.That(File.GetUnixFileMode(PathOf(Acme)), Is.EqualTo(Mine));
        Assert.That(new DirectoryInfo(Folder).UnixFileMode, Is.EqualTo(Mine | UnixFileMode.UserExecute));
    }

    [Test]
    public void Where_the_file_cannot_be_written_the_one_before_stays()
    {
        var files = Files();
        files.Write(Stored(Acme, revision: 7));
        Directory.CreateDirectory($"{PathOf(Acme)}.tmp");

        Assert.That(
            () => files.Write(Stored(Acme, revision: 8)),
            Throws.InstanceOf<IOException>().Or.InstanceOf<UnauthorizedAccessException>()
        );
        Assert.That(files.Read(Acme)!.Head.Revision, Is.EqualTo(7));
    }

    [Test]
    public void Without_a_folder_there_are_no_files()
    {
        Assert.That(Files().Scopes(), Is.Empty);
        Assert.That(Files().Read(Acme), Is.Null);
    }

    [TestCase(1_000, 5)]
    [TestCase(5_000_000, 5)]
    [TestCase(25_000_000, 25)]
    public void The_larger_a_file_the_longer_the_next_one_waits(long bytes, double seconds) =>
        Assert.That(KeepRules.RestAfter(bytes), Is.EqualTo(TimeSpan.FromSeconds(seconds)));

    private string Folder => Path.Combine(_data.FullName, "last-known-good");

    private string PathOf(Scope scope) => Path.Combine(Folder, $"{scope.Tenant}.{scope.Environment}.rules");

    private RuleFiles Files() =>
        new(
            new ConfigurationBuilder()
                .AddInMemoryCollection([KeyValuePair.Create("DATA_DIR", (string?)_data.FullName)])
                .Build(),
            NullLogger<RuleFiles>.Instance
        );

    private static string VariantFor(string user, ScopeRules rules) =>
        rules.Rules.Find("checkout")!.Evaluate(EvaluationContext.FromJson(user, null)).Variant!;

    /// <summary>A flag that is on for the members of a segment.</summary>
    private static StoredRules Stored(
        Scope scope,
        long revision,
        string[]? included = null,
        string[]? excluded = null
    ) =>
        new(
            new ScopeHead(scope, revision, $"event-{revision}"),
            [
                new FlagDocument(
                    "checkout",
                    3,
                    """
                    {"state": "on", "variants": [{"key": "on", "weight": 0}, {"key": "off", "weight": 1}], "tags": ["web"],
                     "rules": [{"id": "members", "order": 1, "when": {"segment": "beta"}, "rollout": {"variant": "on"}}]}
                    """
                ),
            ],
            [new SegmentDocument("beta", 5, "{}", 42, MemberSet.Of(included ?? []), MemberSet.Of(excluded ?? []))]
        );
}
