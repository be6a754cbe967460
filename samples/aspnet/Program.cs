// A shop whose checkout depends on a flag: GET /checkout?user=ada&country=CA.
using FeatureFlags.Client;
using FeatureFlags.Rules;

var builder = WebApplication.CreateBuilder(args);
var service = builder.Configuration["FEATUREFLAGS_URL"] ?? "http://localhost:8080";
var key = builder.Configuration["FEATUREFLAGS_KEY"];
if (string.IsNullOrWhiteSpace(key))
{
    await Console.Error.WriteLineAsync(
        "FEATUREFLAGS_KEY is not set: it takes a server key, as samples/keys.sh makes one."
    );
    return 1;
}

builder.Services.AddFeatureFlags(options =>
{
    options.BaseAddress = new Uri(service);
    options.ApiKey = key;
});
builder.Services.AddHealthChecks().AddFeatureFlags();

var app = builder.Build();

app.MapHealthChecks("/healthz");

app.MapGet(
    "/checkout",
    (string? user, string? country, FlagClient flags) =>
    {
        var who = EvaluationContext.For(user);
        if (country is not null)
            who = who.Set("country", country);

        // In process, by rules in memory: nothing is sent, and without any rules it is false.
        var answer = flags.GetBooleanDetails("new-checkout", who.Build(), defaultValue: false);
        return new
        {
            Checkout = answer.Value ? "one page" : "three steps",
            Why = new
            {
                Reason = answer.Reason.ToString(),
                answer.RuleId,
                answer.Variant,
                answer.Version,
                answer.ErrorCode,
            },
        };
    }
);

await app.RunAsync();
return 0;
