using System.Diagnostics;
using FeatureFlags.Saboteur;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

/// <summary>
/// What the runtime calls before the host's own start where <c>DOTNET_STARTUP_HOOKS</c> names this assembly. It puts
/// the faults that <c>FAULT</c> asks for between the host and its database. The host itself has no code for them, so
/// there is none to leave out of a release.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        var fault = Environment.GetEnvironmentVariable("FAULT") ?? throw new InvalidOperationException("Which FAULT?");
        DiagnosticListener.AllListeners.Subscribe(
            new Upon<DiagnosticListener>(listener =>
            {
                if (listener.Name == "Microsoft.Extensions.Hosting")
                    listener.Subscribe(new Upon<KeyValuePair<string, object?>>(happened => Build(happened, fault)));
            })
        );
    }

    private static void Build(KeyValuePair<string, object?> happened, string fault)
    {
        if (happened is { Key: "HostBuilding", Value: IHostBuilder builder })
            builder.ConfigureServices(services =>
            {
                foreach (var interceptor in Faults.Of(fault))
                    services.AddSingleton(typeof(IInterceptor), interceptor);
            });
    }

    private sealed class Upon<T>(Action<T> act) : IObserver<T>
    {
        public void OnNext(T value) => act(value);

        public void OnCompleted() { }

        public void OnError(Exception error) { }
    }
}
