using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FeatureFlags.Testing;

/// <summary>
/// Compares what a test got with what was once agreed, in the conventions of the Verify library: the agreed text is
/// <c>Class.Method_parameter=value.verified.json</c> (or <c>.txt</c>) beside the test. A missing or different one fails
/// the test, which then leaves its text in a <c>.received</c> file. <c>SNAPSHOT_ACCEPT=1</c> takes what was received as
/// agreed, but never where <c>CI</c> is set. Ids and times read <c>Guid_1</c>, <c>DateTimeOffset_1</c> in order of
/// appearance, a repeated one under the same name.
/// </summary>
public static class Snapshot
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private static readonly SemaphoreSlim Files = new(1);

    private static readonly JsonWriterOptions Pretty = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static bool Accepting =>
        MayAccept(Environment.GetEnvironmentVariable("SNAPSHOT_ACCEPT"), Environment.GetEnvironmentVariable("CI"));

    /// <summary>Verifies a JSON document, indented, members in the order given, numbers as written.</summary>
    public static Task VerifyJson(
        string json,
        SnapshotSettings? settings = null,
        [CallerFilePath] string sourceFile = ""
    ) => Verify(Indented(json), "json", settings ?? SnapshotSettings.Default, sourceFile, Accepting);

    /// <inheritdoc cref="Snapshot" path="/summary"/>
    public static Task Verify(
        string text,
        SnapshotSettings? settings = null,
        [CallerFilePath] string sourceFile = ""
    ) => Verify(text, "txt", settings ?? SnapshotSettings.Default, sourceFile, Accepting);

    internal static bool MayAccept(string? accept, string? ci) => accept == "1" && string.IsNullOrEmpty(ci);

    internal static async Task Verify(
        string text,
        string extension,
        SnapshotSettings settings,
        string sourceFile,
        bool accepting
    )
    {
        var folder = Path.GetDirectoryName(sourceFile);
        if (!Directory.Exists(folder))
            throw new InvalidOperationException($"{folder} is not here: the tests must run where they were compiled.");

        var test = TestContext.CurrentContext.Test;
        var verified = Path.Combine(folder, $"{Name(test, settings.IgnoredParameters)}.verified.{extension}");
        var received = Path.Combine(folder, $"{Name(test, ignored: [])}.received.{extension}");
        var actual = Ending(settings.Scrubbed(text));

        // Test cases that leave a parameter out of the name share a file.
        await Files.WaitAsync();
        try
        {
            var expected = File.Exists(verified) ? Ending(await File.ReadAllTextAsync(verified)) : null;
            if (actual != expected && accepting)
                await File.WriteAllTextAsync(verified, actual, Utf8);
            if (actual == expected || accepting)
            {
                File.Delete(received);
                return;
            }

            await File.WriteAllTextAsync(received, actual, Utf8);
            Assert.Fail($"{Difference(expected, actual)}\nagreed:   {verified}\nreceived: {received}\n{HowToAccept}");
        }
        finally
        {
            Files.Release();
        }
    }

    private const string HowToAccept = "If it is meant: run the test with SNAPSHOT_ACCEPT=1 and commit the file.";

    private static string Difference(string? expected, string actual)
    {
        if (expected is null)
            return "Nothing was agreed yet.";

        var agreed = expected.Split('\n');
        var got = actual.Split('\n');
        var line = agreed.Zip(got).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"Line {line + 1} differs.\n  agreed:   {At(agreed, line)}\n  received: {At(got, line)}";
    }

    private static string At(string[] lines, int line) => line < lines.Length ? lines[line] : "(the end)";

    /// <summary>Line ends and the last one are the editor's business.</summary>
    private static string Ending(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";

    private static string Indented(string json)
    {
        using var document = JsonDocument.Parse(json);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Pretty))
            document.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string Name(TestContext.TestAdapter test, ImmutableHashSet<string> ignored)
    {
        var type = test.Type!;
        var name = new StringBuilder(type.IsNested ? $"{type.DeclaringType!.Name}.{type.Name}" : type.Name);
        name.Append('.').Append(test.MethodName);
        foreach (var (parameter, argument) in test.MethodInfo!.GetParameters().Zip(test.Arguments))
        {
            if (!ignored.Contains(parameter.Name!))
                name.Append('_').Append(parameter.Name).Append('=').Append(FileNamed(argument));
        }
        return name.ToString();
    }

    private static string FileNamed(object? argument)
    {
        var text = FormattableString.Invariant($"{argument ?? "null"}");
        return string.Concat(
            text.Select(c => char.IsAsciiLetterOrDigit(c) || "._-+ ".Contains(c, StringComparison.Ordinal) ? c : '-')
        );
    }
}
