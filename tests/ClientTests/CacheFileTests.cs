using System.Text;
using FeatureFlags.Client;
using FeatureFlags.Client.Sync;
using FeatureFlags.Testing;
using Microsoft.Extensions.Time.Testing;
using static FeatureFlags.ClientTests.Setup;

namespace FeatureFlags.ClientTests;

internal sealed class CacheFileTests
{
    private FakeService _service = null!;
    private KeptLog _log = null!;
    private string _folder = null!;
    private string _file = null!;

    [SetUp]
    public async Task Start()
    {
        _log = new KeptLog();
        _folder = Directory.CreateTempSubdirectory("featureflags-client-").FullName;
        _file = Path.Combine(_folder, "cache", "flags");
        _service = await FakeService.Started();
        _service.Put("a", true);
        _service.PutSegment(
            """{"key":"s","criteria":{"attr":{"country":"FR"}},"included":["alice","b\"ö"],"excluded":["bob"]}"""
        );
    }

    [TearDown]
    public async Task Stop()
    {
        await _service.DisposeAsync();
        _log.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task A_client_begins_with_what_the_one_before_it_knew_last()
    {
        await Fill();
        await _service.Stop();

        await using var client = Create();

        Assert.That(await client.WaitForReadyAsync(TimeSpan.FromSeconds(30)), Is.True);
        Assert.That((client.IsOn("a"), client.IsOn("b")), Is.EqualTo((true, true)));
        Assert.That(
            (client.Status.Source, client.Status.Revision, client.Status.Age),
            Is.EqualTo((RulesSource.CacheFile, 3L, (TimeSpan?)null))
        );
        Assert.That(
            client.State.Rules!.Compiled.FindSegment("s")!.Included.List(),
            Is.EquivalentTo(new[] { "alice", "b\"ö" })
        );
    }

    [Test]
    public async Task It_goes_on_from_the_file_and_gets_only_what_came_since()
    {
        await Fill();
        var known = _service.Cursor;
        _service.Put("c", true);

        await using var client = Create();
        await Eventually.Holds(() => client.IsOn("c"));

        Assert.That(client.IsOn("a"), Is.True);
        Assert.That(_service.StreamRequests.Last(), Is.EqualTo(known));
        Assert.That(client.Status.Source, Is.EqualTo(RulesSource.Service));
    }

    [Test]
    public async Task A_change_is_in_the_file_soon()
    {
        await using var client = Create();
        await Eventually.Holds(() => File.Exists(_file));

        _service.Put("later", true);

        await Eventually.Holds(() => File.ReadAllText(_file).Contains("\"later\""));
    }

    [Test]
    public async Task A_file_that_is_damaged_is_left_out_told_once_and_replaced(
        [Values("", "garbage", "cut", "flipped", "form")] string damage
    )
    {
        await Fill();
        var bytes = await File.ReadAllBytesAsync(_file);
        await File.WriteAllBytesAsync(
            _file,
            damage switch
            {
                "" => [],
                "cut" => bytes[..^20],
                "flipped" => [.. bytes[..^30], (byte)(bytes[^30] ^ 1), .. bytes[^29..]],
                "form" => [.. "featureflags-rules 2"u8, .. bytes[20..]],
                _ => "garbage"u8.ToArray(),
            }
        );
        await _service.Stop();

        await using (var client = Create())
        {
            await Eventually.Holds(() => client.Status.LastError is not null);
            Assert.That(client.Status.Source, Is.EqualTo(RulesSource.None));
            Assert.That(client.Status.FileError, Does.StartWith("The cache file is left out"));
            await _service.Start();
            await Eventually.Holds(() => client.IsOn("a") && client.Status.FileError is null);
        }
        Assert.That(_log.Warnings.Count(line => line.Contains("cache file")), Is.EqualTo(1));

        await _service.Stop();
        await using var next = Create();
        Assert.That(next.IsOn("a"), Is.True);
    }

    [Test]
    public async Task The_file_of_another_key_is_left_out_unless_it_is_known_to_be_of_the_same_environment()
    {
        await Fill();
        await _service.Stop();

        await using var other = Create(options => options.ApiKey = "ff_server_other");
        await using var rotated = Create(options =>
            (options.ApiKey, options.Tenant, options.Environment) = ("ff_server_new", "acme", "production")
        );
        await using var elsewhere = Create(options =>
            (options.ApiKey, options.Tenant, options.Environment) = ("ff_server_new", "acme", "staging")
        );

        Assert.That(
            new[] { other, rotated, elsewhere }.Select(client => client.IsOn("a")),
            Is.EqualTo(new[] { false, true, false })
        );
        Assert.That(elsewhere.Status.FileError, Does.Contain("acme/production"));
    }

    [Test]
    public async Task The_file_says_nothing_of_the_key_and_is_nobody_elses_to_read()
    {
        await Fill();

        Assert.That(await File.ReadAllTextAsync(_file), Does.Not.Contain(GoodKey));
        if (!OperatingSystem.IsWindows())
            Assert.That(File.GetUnixFileMode(_file), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(_file)!), Is.EqualTo(new[] { _file }));
    }

    [Test]
    public async Task Where_no_file_can_be_written_the_client_works_and_says_so_once()
    {
        // The folder it would be in is a file.
        await File.WriteAllTextAsync(Path.Combine(_folder, "cache"), "");
        await using var client = Create();
        await Eventually.Holds(() => client.Status.FileError is not null);

        _service.Put("c", true);

        await Eventually.Holds(() => client.IsOn("c"));
        Assert.That(_log.Warnings.Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task What_could_not_be_written_is_written_once_there_is_room()
    {
        var clock = new FakeTimeProvider();
        var obstacle = Path.Combine(_folder, "cache");
        await File.WriteAllTextAsync(obstacle, "");
        await using var client = Create(options => options.TimeProvider = clock);
        await Eventually.Holds(() => client.Status.FileError is not null);

        File.Delete(obstacle);

        await Eventually.Holds(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(31));
            return client.Status.FileError is null;
        });
        Assert.That(File.Exists(_file), Is.True);
    }

    [Test]
    public async Task A_path_that_can_not_be_one_does_not_stop_the_client()
    {
        var client = Create(options => options.CacheFile = $"{_folder}/\0");
        await Eventually.Holds(() => client.Status.FileError?.Contains("can't be written") == true);

        _service.Put("c", true);

        await Eventually.Holds(() => client.IsOn("c"));
        Assert.That(async () => await client.DisposeAsync(), Throws.Nothing);
    }

    [Test]
    public async Task A_file_that_was_left_out_is_replaced_though_nothing_has_changed()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        await File.WriteAllTextAsync(_file, "garbage");
        await using var client = Create(options => options.Bootstrap = Bootstrap.FromJson(_service.Document()));
        Assert.That(client.Status.FileError, Is.Not.Null);

        await Eventually.Holds(() => client.Status.FileError is null);

        using var next = new FlagClient(new FlagClientOptions { Offline = true, CacheFile = _file });
        Assert.That(next.IsOn("a"), Is.True);
        Assert.That(_service.StreamRequests, Is.EqualTo(new[] { _service.Cursor }));
    }

    [Test]
    public async Task What_was_in_force_at_the_end_is_in_the_file()
    {
        for (var round = 0; round < 20; round++)
        {
            var client = Create();
            await Eventually.Holds(() => client.Status.Source == RulesSource.Service);

            _service.Put("a", round % 2 == 0);
            await client.DisposeAsync();

            using var next = new FlagClient(new FlagClientOptions { Offline = true, CacheFile = _file });
            Assert.That(next.Status.Revision, Is.EqualTo(client.Status.Revision));
        }
    }

    [Test, CancelAfter(120_000)]
    public async Task Two_processes_on_one_file_leave_it_whole()
    {
        const int writes = 1_000;
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        var rules = RuleDocument.Read(Encoding.UTF8.GetBytes(_service.Document()));
        var first = new CacheFile(_file, "0123456789ABCDEF");
        var second = new CacheFile(_file, "FEDCBA9876543210");
        first.Write(rules);
        using var done = new CancellationTokenSource();
        var reading = Task.Run(() =>
        {
            var reads = 0;
            for (; !done.IsCancellationRequested; reads++)
                Assert.That(first.Read(isNamed: true)!.Flags, Is.Not.Empty);
            return reads;
        });

        await Task.WhenAll(Task.Run(() => WriteAll(first)), Task.Run(() => WriteAll(second)));
        await done.CancelAsync();

        Assert.That(await reading, Is.Positive);
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(_file)!), Is.EqualTo(new[] { _file }));

        void WriteAll(CacheFile file)
        {
            for (var i = 0; i < writes; i++)
                file.Write(rules);
        }
    }

    [Test]
    public async Task What_a_killed_process_left_half_written_goes_when_another_starts()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        var (left, recent, others) = ($"{_file}.1-a.unfinished", $"{_file}.2-b.unfinished", $"{_file}.tmp");
        foreach (var file in new[] { left, recent, others })
            await File.WriteAllTextAsync(file, "half");
        foreach (var file in new[] { left, others })
            File.SetLastWriteTimeUtc(file, File.GetLastWriteTimeUtc(file).AddHours(-2));

        await using var client = Create();

        await Eventually.Holds(() => !File.Exists(left));
        Assert.That((File.Exists(recent), File.Exists(others)), Is.EqualTo((true, true)));
    }

    [Test]
    public async Task Offline_the_newer_of_file_and_bootstrap_counts_and_nothing_is_sent()
    {
        await Fill();
        var asked = _service.StreamRequests.Count;
        using var newer = Offline(Bootstrap.FromJson(EvaluationTests.Sample));
        using var older = Offline(
            Bootstrap.FromJson(EvaluationTests.Sample.Replace("\"revision\": 7", "\"revision\": 2"))
        );

        Assert.That(
            (newer.Status.Source, older.Status.Source),
            Is.EqualTo((RulesSource.Bootstrap, RulesSource.CacheFile))
        );
        Assert.That((newer.IsOn("checkout"), older.IsOn("a")), Is.EqualTo((true, true)));
        Assert.That(newer.Status.Connection, Is.EqualTo(FlagConnection.Offline));
        Assert.That(_service.StreamRequests.Count + _service.Polls.Count, Is.EqualTo(asked));

        FlagClient Offline(Bootstrap bootstrap) =>
            new(
                new FlagClientOptions
                {
                    Offline = true,
                    CacheFile = _file,
                    Bootstrap = bootstrap,
                }
            );
    }

    [Test]
    public void A_bootstrap_may_come_from_a_file_or_a_stream_and_a_bad_one_is_left_out()
    {
        var path = Path.Combine(_folder, "flags.json");
        File.WriteAllText(path, EvaluationTests.Sample);
        using var stream = File.OpenRead(path);
        using var fromFile = With(Bootstrap.FromFile(path));
        using var fromStream = With(Bootstrap.FromStream(stream));
        using var missing = With(Bootstrap.FromFile(path + "x"));
        using var bad = With(Bootstrap.FromJson("{"));

        Assert.That(
            new[] { fromFile, fromStream, missing, bad }.Select(client => client.IsOn("checkout")),
            Is.EqualTo(new[] { true, true, false, false })
        );
        Assert.That(
            new[] { missing, bad }.Select(c => c.Status.FileError),
            Has.All.StartsWith("The bootstrap is left out")
        );

        static FlagClient With(Bootstrap bootstrap) =>
            new(new FlagClientOptions { Offline = true, Bootstrap = bootstrap });
    }

    /// <summary>A client ran, and ended.</summary>
    private async Task Fill()
    {
        await using var client = Create();
        await Eventually.Holds(() => client.IsOn("a"));
        _service.Put("b", true);
        await Eventually.Holds(() => client.IsOn("b"));
    }

    private FlagClient Create(Action<FlagClientOptions>? more = null)
    {
        var options = Options(_service);
        options.CacheFile = _file;
        options.LoggerFactory = _log;
        more?.Invoke(options);
        return new FlagClient(options);
    }
}
