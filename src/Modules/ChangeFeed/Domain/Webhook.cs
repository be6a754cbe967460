using System.Security.Cryptography;
using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Domain;
using FeatureFlags.BuildingBlocks.Http;

namespace FeatureFlags.ChangeFeed.Domain;

/// <summary>An address that is told of a scope's changes.</summary>
internal sealed class Webhook : AggregateRoot, IScoped, ISoftDeleted
{
    public const string Entity = "webhook";

    /// <summary>How long deliveries carry the signature of the former secret too, after a new one was made.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    private Webhook() { }

    public string Id { get; private init; } = "";
    public string Tenant { get; private init; } = "";
    public string Environment { get; private init; } = "";
    public string Url { get; private set; } = "";

    /// <summary>Names of types with spaces between them, or <see cref="WebhookDraft.EveryType"/>.</summary>
    public string EventTypes { get; private set; } = "";
    public string Description { get; private set; } = "";

    /// <summary>Whether changes are queued for it and sent. What is queued stays so while it is not.</summary>
    public bool Active { get; private set; }

    /// <summary>Why the service itself has made it inactive; null where it has not.</summary>
    public string? DisabledReason { get; private set; }
    public string Secret { get; private set; } = "";
    public string? PreviousSecret { get; private set; }
    public DateTimeOffset? PreviousSecretUntil { get; private set; }

    /// <summary>Starts at 1 and rises by one with every change, deletion included.</summary>
    public long Version { get; private set; }
    public DateTimeOffset CreatedAt { get; private init; }
    public DateTimeOffset UpdatedAt { get; private set; }
    public DateTimeOffset? DeletedAt { get; private set; }

    public static Webhook Create(WebhookDraft draft, string tenant, string environment, DateTimeOffset now)
    {
        var webhook = new Webhook
        {
            Id = $"webhook_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10))}",
            Tenant = tenant,
            Environment = environment,
            Secret = WebhookSecret.New().Text,
            CreatedAt = now,
        };
        webhook.Set(draft, now);
        webhook.Tell("created", before: null, webhook.Snapshot());
        return webhook;
    }

    public bool Wants(string eventType) =>
        EventTypes == WebhookDraft.EveryType || EventTypes.Split(' ').Contains(eventType, StringComparer.Ordinal);

    /// <summary>The secrets that a delivery is signed with now, the newest first.</summary>
    public IEnumerable<WebhookSecret> SecretsAt(DateTimeOffset now)
    {
        yield return new WebhookSecret(Secret);
        if (PreviousSecret is { } previous && now < PreviousSecretUntil)
            yield return new WebhookSecret(previous);
    }

    /// <exception cref="ConflictException">Nothing is sent to it.</exception>
    public void RequireActive()
    {
        if (!Active)
            throw new ConflictException("The webhook is not active: make it active first.");
    }

    /// <summary>Says nothing when nothing differs.</summary>
    public void Replace(WebhookDraft draft, DateTimeOffset now)
    {
        if (draft.SameAs(Draft()))
            return;

        var before = Snapshot();
        Set(draft, now);
        Tell("updated", before, Snapshot());
    }

    /// <summary>From now on deliveries carry the new secret's signature, and for a while the former's besides.</summary>
    public void RotateSecret(DateTimeOffset now)
    {
        var before = Snapshot();
        (PreviousSecret, PreviousSecretUntil) = (Secret, now + Overlap);
        Secret = WebhookSecret.New().Text;
        Touch(now);
        Tell("secret_rotated", before, Snapshot());
    }

    /// <summary>The service gives up on the address, until somebody makes it active again.</summary>
    /// <param name="reason">For people, here and in the audit log.</param>
    public void Disable(string reason, DateTimeOffset now)
    {
        var before = Snapshot();
        (Active, DisabledReason) = (false, reason);
        Touch(now);
        Tell("disabled", before, Snapshot());
    }

    public void Delete(DateTimeOffset now)
    {
        var before = Snapshot();
        DeletedAt = now;
        (PreviousSecret, PreviousSecretUntil) = (null, null);
        Touch(now);
        Tell("deleted", before, after: null);
    }

    /// <summary>Somebody has asked for something to be sent to it: nothing of its own changes.</summary>
    /// <param name="action"><c>tested</c> or <c>redelivered</c>.</param>
    public void Asked(string action) => Tell(action, before: null, after: null);

    /// <summary>What a write sets, as it stands.</summary>
    public WebhookDraft Draft() => new(Url, EventTypes.Split(' '), Active, Description);

    private void Set(WebhookDraft draft, DateTimeOffset now)
    {
        Url = draft.Url;
        EventTypes = draft.TypesText;
        Description = draft.Description;
        if (draft.Active)
            DisabledReason = null;
        Active = draft.Active;
        Touch(now);
    }

    private void Touch(DateTimeOffset now)
    {
        Version++;
        UpdatedAt = now;
    }

    private JsonElement Snapshot() =>
        ApiJson.ToElement(
            new
            {
                Id,
                Url,
                EventTypes = EventTypes.Split(' '),
                Active,
                DisabledReason,
                Description,
                Version,
                CreatedAt,
                UpdatedAt,
            }
        );

    private void Tell(string action, JsonElement? before, JsonElement? after) =>
        Raise(new Change(Entity, action, Id, Version, before, after));
}
