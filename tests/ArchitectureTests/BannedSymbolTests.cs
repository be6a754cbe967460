using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace FeatureFlags.ArchitectureTests;

/// <summary>
/// The lists of banned symbols are strings that the compiler never looks up: a misspelt one bans nothing. So each is
/// looked up here, and the analyzer itself is run over code that breaks it.
/// </summary>
internal sealed class BannedSymbolTests
{
    private const string BanRule = "RS0030";

    private static readonly string[] Lists =
    [
        "BannedSymbols.txt",
        "BannedSymbols.Source.txt",
        "BannedSymbols.Modules.txt",
    ];

    private static readonly string[] Bans = [.. Lists.SelectMany(list => File.ReadLines(SourceTree.In(list)))];

    private static readonly SyntaxTree Uses = CSharpSyntaxTree.ParseText(
        SourceTree.Read("tests", "ArchitectureTests", "Violations", "Banned", "Uses.cs")
    );

    private static readonly CSharpCompilation Compilation = CSharpCompilation.Create(
        "Uses",
        [
            Uses,
            CSharpSyntaxTree.ParseText(
                "global using System; global using System.Threading; global using System.Threading.Tasks;"
            ),
        ],
        References(),
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)
    );

    [TestCaseSource(nameof(Bans))]
    public async Task A_ban_forbids_what_it_names(string ban)
    {
        var symbol = ban.Split(';')[0];

        Assert.That(IsThere(symbol), $"There is no {symbol}.");
        Assert.That(await Objections(ban), Is.Not.Empty);
    }

    [Test]
    public async Task All_bans_together_leave_no_use_of_them()
    {
        var objected = await Objections(string.Join('\n', Bans));
        var lines = objected.Select(o => o.Location.GetLineSpan().StartLinePosition.Line).ToHashSet();

        var missed = Uses.GetRoot()
            .DescendantNodes()
            .Where(node => node is ExpressionStatementSyntax or AttributeSyntax)
            .Where(node => !lines.Contains(node.GetLocation().GetLineSpan().StartLinePosition.Line));
        Assert.That(missed.Select(node => node.ToString()), Is.Empty);
    }

    [Test]
    public async Task A_ban_that_names_nothing_forbids_nothing()
    {
        const string Misspelt = "P:System.DateTime.Nowadays;";

        Assert.That(IsThere("P:System.DateTime.Nowadays"), Is.False);
        Assert.That(await Objections(Misspelt), Is.Empty);
    }

    [Test]
    public void The_lists_reach_the_compiler_and_are_errors()
    {
        Assert.That(SourceTree.Read("Directory.Build.props"), Does.Contain(Lists[0]));
        Assert.That(
            SourceTree.Read("src", "Directory.Build.props"),
            Does.Contain("../Directory.Build.props").And.Contain(Lists[1])
        );
        Assert.That(
            SourceTree.Read("src", "Modules", "Directory.Build.props"),
            Does.Contain("../Directory.Build.props").And.Contain(Lists[2])
        );
        Assert.That(SourceTree.Read(".editorconfig"), Does.Contain($"dotnet_diagnostic.{BanRule}.severity = error"));
    }

    [Test]
    public void No_source_file_lifts_a_ban() =>
        Assert.That(
            SourceTree.Sources().Where(f => f.Text.Contains(BanRule, StringComparison.Ordinal)).Select(f => f.Path),
            Is.Empty
        );

    private static bool IsThere(string symbol) =>
        symbol.StartsWith("N:", StringComparison.Ordinal)
            ? Compilation.GlobalNamespace.GetNamespaceMembers().Any(n => n.Name == symbol[2..])
            : DocumentationCommentId.GetFirstSymbolForDeclarationId(symbol, Compilation) is not null;

    private static async Task<ImmutableArray<Diagnostic>> Objections(string bans)
    {
        var options = new AnalyzerOptions([new BanList(bans)]);
        var found = await Compilation.WithAnalyzers([Analyzer()], options).GetAnalyzerDiagnosticsAsync();
        Assert.That(found.Where(d => d.Id != BanRule), Is.Empty);
        return found;
    }

    private static DiagnosticAnalyzer Analyzer()
    {
        var file = Path.Combine(
            AppContext.BaseDirectory,
            "Analyzers",
            "Microsoft.CodeAnalysis.CSharp.BannedApiAnalyzers.dll"
        );
        var type = Assembly
            .LoadFrom(file)
            .GetType(
                "Microsoft.CodeAnalysis.CSharp.BannedApiAnalyzers.CSharpSymbolIsBannedAnalyzer",
                throwOnError: true
            )!;
        return (DiagnosticAnalyzer)Activator.CreateInstance(type)!;
    }

    private static IEnumerable<PortableExecutableReference> References() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Select(file => MetadataReference.CreateFromFile(file));

    private sealed class BanList(string text) : AdditionalText
    {
        public override string Path => Lists[0];

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }
}
