using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.Evaluation.Features;

internal static class RequestedUser
{
    /// <summary>Reads a request's <c>user</c> member, <c>{"id", "attributes"}</c>, and notes what is wrong with it.</summary>
    public static EvaluationContext Read(JsonObjectReader request)
    {
        if (request.RequiredObject("user") is not { } user)
            return EvaluationContext.FromJson(null, null);

        var id = user.RequiredText("id");
        if (id is "")
            request.Problems.Add(user.PathOf("id"), "must not be empty");
        // Read as an object for its problem only; the attributes are whatever the caller has.
        user.Object("attributes");
        user.RefuseOthers();
        return EvaluationContext.FromJson(id, user.Any("attributes"));
    }
}
