using System.Collections.Concurrent;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.Evaluation.Domain;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace FeatureFlags.Evaluation.LastKnownGood;

/// <summary>
/// The rules that this host knew last, on its disk: one file per scope in <c>DATA_DIR/last-known-good</c>, readable by
/// the service's user alone, each replaced as a whole. They hold rules and members, no secret.
/// </summary>
internal sealed partial class RuleFiles(IConfiguration configuration, ILogger<RuleFiles> log)
{
    private const string Ending = ".rules";

    private static readonly Counter Files = Metrics.CreateCounter(
        "last_known_good_files_total",
        "Last-known-good files, by what became of them: written, not_written, read, refused.",
        "outcome"
    );

    private readonly string _folder = configuration.LastKnownGoodDirectory();

    // Why a file is no good is said once, however often its scope is asked for.
    private readonly ConcurrentDictionary<Scope, bool> _refused = new();

    /// <summary>The scopes that have a file, good or not.</summary>
    public IReadOnlyList<Scope> Scopes()
    {
        try
        {
            return [.. Directory.GetFiles(_folder, $"*{Ending}").Select(ScopeOf).OfType<Scope>()];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // At the first start there is no folder.
            if (error is not DirectoryNotFoundException)
                LogUnreadable(_folder, error);
            return [];
        }
    }

    /// <returns>The scope's rules as of its file; null where there is none, or none that is good.</returns>
    public ScopeRules? Read(Scope scope)
    {
        var path = PathOf(scope);
        if (!File.Exists(path))
            return null;
        try
        {
            using var file = File.OpenRead(path);
            var stored = RuleFile.Read(file);
            if (stored.Head.Scope != scope)
                throw new InvalidDataException($"it holds the rules of {stored.Head.Scope}");
            var rules = stored.Compiled() with { IsFromFile = true };
            Files.WithLabels("read").Inc();
            return rules;
        }
        catch (Exception error)
        {
            // Whatever is wrong with one file, the others count.
            Files.WithLabels("refused").Inc();
            if (_refused.TryAdd(scope, true))
                LogRefused(path, error.Message);
            return null;
        }
    }

    /// <returns>The file's size in bytes.</returns>
    /// <exception cref="IOException">It can't be written; what was there before is there still.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public long Write(StoredRules rules)
    {
        var path = PathOf(rules.Head.Scope);
        try
        {
            var bytes = PrivateFile.Replace(path, file => RuleFile.Write(file, rules));
            _refused.TryRemove(rules.Head.Scope, out _);
            Files.WithLabels("written").Inc();
            return bytes;
        }
        catch
        {
            Files.WithLabels("not_written").Inc();
            throw;
        }
    }

    // Neither name can have a dot.
    private string PathOf(Scope scope) => Path.Combine(_folder, $"{scope.Tenant}.{scope.Environment}{Ending}");

    private static Scope? ScopeOf(string path) =>
        Path.GetFileName(path)[..^Ending.Length].Split('.') is [var tenant, var environment]
        && Scope.IsName(tenant)
        && Scope.IsName(environment)
            ? new Scope(tenant, environment)
            : null;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The last-known-good files in {Folder} can't be read")]
    private partial void LogUnreadable(string folder, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The last-known-good file {File} is left out: {Why}")]
    private partial void LogRefused(string file, string why);
}
