using System.Collections.Concurrent;
using FeatureFlags.Client;
using FeatureFlags.Rules;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.ClientTests;

/// <summary>What the tests have in common: users, clients, and what a client logged.</summary>
internal static class Setup
{
    public const string GoodKey = "ff_server_good";

    public static readonly EvaluationContext Alice = EvaluationContext.For("alice").Set("country", "CA").Build();
    public static readonly EvaluationContext Nobody = EvaluationContext.For(null).Build();

    public static FlagClientOptions Options(FakeService service) =>
        new() { BaseAddress = service.Address, ApiKey = GoodKey };

    public static FlagClient Offline(string bootstrap) =>
        new(new FlagClientOptions { Offline = true, Bootstrap = Bootstrap.FromJson(bootstrap) });

    public static bool IsOn(this FlagClient client, string flag) => client.GetBoolean(flag, Alice, false);
}

/// <summary>Keeps what is logged.</summary>
internal sealed class KeptLog : ILoggerFactory, ILogger
{
    public ConcurrentQueue<(LogLevel Level, string Text)> Lines { get; } = [];

    public IEnumerable<string> Warnings =>
        Lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Text);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) { }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => Lines.Enqueue((logLevel, formatter(state, exception)));

    public void Dispose() { }
}
