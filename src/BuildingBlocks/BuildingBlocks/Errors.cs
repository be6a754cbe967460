namespace FeatureFlags.BuildingBlocks;

/// <summary>An error a caller can act on. The HTTP edge turns each into a problem document with its status.</summary>
public abstract class CallerException(string message) : Exception(message)
{
    public abstract int Status { get; }

    /// <summary>What is wrong by field path, where the error is about fields.</summary>
    public virtual IReadOnlyDictionary<string, string[]>? Errors => null;
}

/// <summary>400: the request is malformed outside its body's fields: broken JSON, a query value, a header.</summary>
public sealed class BadRequestException(string message, IReadOnlyDictionary<string, string[]>? errors = null)
    : CallerException(message)
{
    public override int Status => 400;

    public override IReadOnlyDictionary<string, string[]>? Errors { get; } = errors;
}

/// <summary>401: the caller is not, or no longer, known.</summary>
public sealed class UnauthenticatedException(string message, string challenge = "Bearer") : CallerException(message)
{
    public override int Status => 401;

    /// <summary>What the answer's <c>WWW-Authenticate</c> says (RFC 6750, section 3).</summary>
    public string Challenge { get; } = challenge;
}

/// <summary>403: the caller is known and may not.</summary>
public sealed class ForbiddenException(string message) : CallerException(message)
{
    public override int Status => 403;
}

/// <summary>404.</summary>
public sealed class NotFoundException(string message) : CallerException(message)
{
    public override int Status => 404;
}

/// <summary>409: the state of something else forbids it; the message says what.</summary>
public sealed class ConflictException(string message) : CallerException(message)
{
    public override int Status => 409;
}

/// <summary>412: If-Match or If-None-Match does not hold.</summary>
public sealed class PreconditionFailedException(string message) : CallerException(message)
{
    public override int Status => 412;
}

/// <summary>413: the body is larger than <see cref="Http.JsonBody.MaxBytes"/>.</summary>
public sealed class BodyTooLargeException(string message) : CallerException(message)
{
    public override int Status => 413;
}

/// <summary>415: the body is not JSON.</summary>
public sealed class UnsupportedMediaTypeException(string message) : CallerException(message)
{
    public override int Status => 415;
}

/// <summary>422: fields of the body are wrong, each named by its path.</summary>
public sealed class InvalidFieldsException(IReadOnlyDictionary<string, string[]> errors)
    : CallerException("One or more fields are wrong; see errors.")
{
    public InvalidFieldsException(string path, string message)
        : this(new Dictionary<string, string[]> { [path] = [message] }) { }

    public override int Status => 422;

    public override IReadOnlyDictionary<string, string[]> Errors { get; } = errors;
}

/// <summary>429: the tenant has as much of something as it may have at once.</summary>
public sealed class TooManyRequestsException(string message) : CallerException(message)
{
    public override int Status => 429;
}

/// <summary>503: what is needed to answer is away for now.</summary>
public sealed class UnavailableException(string message) : CallerException(message)
{
    public override int Status => 503;
}

/// <summary>A setting is missing or wrong: the process stops with this message and no stack trace.</summary>
public sealed class ConfigurationException(string message) : Exception(message);
