using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FeatureFlags.Testing;

/// <summary>Waits for what happens in the background. The one place in the tests that lets time pass.</summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Asks again and again until the answer is true; fails the test when it is still false after
    /// <paramref name="within"/> (10 s unless told). The condition is asked at least once, and what it throws is not
    /// caught: a condition says itself which errors mean "not yet".
    /// </summary>
    public static async Task Holds(
        Func<Task<bool>> condition,
        TimeSpan? within = null,
        [CallerArgumentExpression(nameof(condition))] string question = ""
    )
    {
        var deadline = within ?? Patience;
        var waiting = Stopwatch.StartNew();
        var asked = 1;
        while (!await condition())
        {
            if (waiting.Elapsed >= deadline)
                Assert.Fail($"Still false after {waiting.Elapsed.TotalSeconds:0.0} s, asked {asked} times: {question}");
            await Task.Delay(Pause);
            asked++;
        }
    }

    /// <inheritdoc cref="Holds(Func{Task{bool}}, TimeSpan?, string)"/>
    public static Task Holds(
        Func<bool> condition,
        TimeSpan? within = null,
        [CallerArgumentExpression(nameof(condition))] string question = ""
    ) => Holds(() => Task.FromResult(condition()), within, question);
}
