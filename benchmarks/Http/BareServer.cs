using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.Benchmarks.Http;

/// <summary>
/// What the web server itself costs: it parses the same request and answers with the same shape, by generated
/// serializers, and does nothing else. No caller is asked who they are, nothing is logged or counted.
/// </summary>
internal static class BareServer
{
    public const string Argument = "bare";

    public static async Task<int> Run()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(ServerProcess.AnyPort);
        builder.Services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, BareJson.Default)
        );
        await using var app = builder.Build();
        app.MapPost("/v1/evaluate", (BareRequest request) => Results.Ok(Answer(request)));

        await app.StartAsync();
        await Console.Out.WriteLineAsync($"\"{ServerProcess.Listening}{app.Urls.Single()}\"");
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static BareAnswer Answer(BareRequest request) =>
        new(
            request.FlagKey,
            "treatment",
            true,
            "rule_match",
            "ca",
            new BareDetails(request.User.Id.Length / 16.7, 0.2011234567890123),
            3
        );
}

internal sealed record BareRequest(string FlagKey, BareUser User);

internal sealed record BareUser(string Id, BareAttributes Attributes);

internal sealed record BareAttributes(string Country, string Plan, int Age, string AppVersion, bool Beta);

internal sealed record BareAnswer(
    string FlagKey,
    string Variant,
    bool Value,
    string Reason,
    string RuleId,
    BareDetails Details,
    long Version
);

internal sealed record BareDetails(double Bucket, double GateBucket);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BareRequest))]
[JsonSerializable(typeof(BareAnswer))]
internal sealed partial class BareJson : JsonSerializerContext;
