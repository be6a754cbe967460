using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace FeatureFlags.Host.Http.OpenApi;

/// <summary>
/// Shows the framework the bodies that handlers read by hand, and hides the parameters that bind themselves from the
/// request: their parts are described one by one.
/// </summary>
internal sealed class BodyDescriptions : IApiDescriptionProvider
{
    // After the framework's own.
    public int Order => 0;

    public void OnProvidersExecuting(ApiDescriptionProviderContext context) { }

    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
        foreach (var route in context.Results)
        {
            foreach (var parameter in route.ParameterDescriptions.Where(p => p.Source == BindingSource.Custom).ToList())
                route.ParameterDescriptions.Remove(parameter);

            if (route.ActionDescriptor.EndpointMetadata.OfType<BodyDescription>().LastOrDefault() is not { } body)
                continue;
            route.ParameterDescriptions.Add(
                new ApiParameterDescription
                {
                    Name = "body",
                    Source = BindingSource.Body,
                    Type = body.Type,
                    IsRequired = true,
                }
            );
            route.SupportedRequestFormats.Add(new ApiRequestFormat { MediaType = body.ContentType });
        }
    }
}
