using System.Globalization;
using FeatureFlags.Benchmarks.Http;

// dotnet run -c Release --project benchmarks/Http [-- ROUNDS]
const int DefaultRounds = 31;

if (args is [BareServer.Argument])
    return await BareServer.Run();

var rounds = args is [var text] ? int.Parse(text, CultureInfo.InvariantCulture) : DefaultRounds;
return await Comparison.Run(rounds);
