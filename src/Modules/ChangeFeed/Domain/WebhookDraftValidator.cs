using System.Net;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.ChangeFeed.Outbound;
using FluentValidation;

namespace FeatureFlags.ChangeFeed.Domain;

/// <summary>What can be said about a webhook before anything is sent to it. Where its name leads is asked at each attempt.</summary>
internal sealed class WebhookDraftValidator : AbstractValidator<WebhookDraft>
{
    public WebhookDraftValidator(WebhookSettings settings, EventCatalog catalog)
    {
        RuleFor(d => d.Problems.Items).MustBeReadable();
        // Of what is no object nothing more is said.
        When(
            d => !d.Problems.At(""),
            () =>
            {
                RuleFor(d => d.Url)
                    .Custom(
                        (url, context) =>
                        {
                            if (WrongWith(url, settings.AllowPrivate) is { } wrong)
                                context.AddFailure("url", wrong);
                        }
                    )
                    .Unless(d => d.Problems.At("url"));
                RuleFor(d => d.EventTypes)
                    .NotEmpty()
                    .WithMessage($"must name at least one type; '{WebhookDraft.EveryType}' stands for all")
                    .Unless(d => d.Problems.AtArray("event_types"));
                RuleForEach(d => d.EventTypes)
                    .Must(type => type == WebhookDraft.EveryType || catalog.Types.Contains(type))
                    .WithMessage($"must be '{WebhookDraft.EveryType}' or one of: {string.Join(", ", catalog.Types)}")
                    .Unless(d => d.Problems.AtArray("event_types"));
                RuleFor(d => d.Description)
                    .MaximumLength(WebhookDraft.MaxDescriptionLength)
                    .WithMessage($"must be at most {WebhookDraft.MaxDescriptionLength} characters");
            }
        );
    }

    private static string? WrongWith(string text, bool allowPrivate)
    {
        if (text.Length > WebhookDraft.MaxUrlLength)
            return $"must be at most {WebhookDraft.MaxUrlLength} characters";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0)
            return "must be an absolute URL such as https://example.com/hooks";
        if (url.Scheme != Uri.UriSchemeHttps && !(allowPrivate && url.Scheme == Uri.UriSchemeHttp))
            return allowPrivate ? "must begin with https:// or http://" : "must begin with https://";
        if (url.UserInfo.Length > 0)
            return "must not contain a user name or password: deliveries are signed instead";
        if (url.Fragment.Length > 0)
            return "must not have a fragment: it would not be sent";
        // A name is looked up when it is called; an address can be refused now.
        if (!allowPrivate && IPAddress.TryParse(url.DnsSafeHost, out var address) && !PublicAddress.IsPublic(address))
            return "must not lead to a private or reserved address";
        return null;
    }
}
