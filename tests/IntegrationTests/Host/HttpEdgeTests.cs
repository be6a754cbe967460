using System.Net;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Host.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;

namespace FeatureFlags.IntegrationTests.Host;

internal sealed class HttpEdgeTests
{
    private static readonly string[] LogFields =
    [
        "timestamp",
        "level",
        "message",
        "path",
        "method",
        "status",
        "tenant",
        "request_id",
        "duration_ms",
        "trace_id",
    ];

    private static Task<EdgeHost> Throwing(Exception error) =>
        EdgeHost.With(routes => routes.MapGet("/throws", IResult () => throw error));

    [Test]
    public async Task An_error_of_the_caller_is_a_problem_document_that_names_the_fields()
    {
        await using var host = await Throwing(new InvalidFieldsException("variants[0].weight", "must be at least 0"));

        var answer = await host.Get("/throws");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
        Assert.That(answer.ContentHeaders.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
        Assert.That(answer.At("type"), Is.EqualTo("/problems/invalid-fields"));
        Assert.That(answer.At("status"), Is.EqualTo("422"));
        Assert.That(answer.At("trace_id"), Has.Length.EqualTo(32));
        Assert.That(answer.WrongFields, Is.EqualTo(new[] { "variants[0].weight" }));
    }

    [Test]
    public async Task An_unexpected_error_shows_nothing_of_the_inside_and_is_logged_once()
    {
        await using var host = await Throwing(new InvalidOperationException("the inside"));

        var answer = await host.Get("/throws");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.InternalServerError));
        Assert.That(answer.Text, Does.Not.Contain("inside").And.Not.Contain("InvalidOperation"));
        var line = (await host.RequestLines()).Single();
        Assert.That(line.GetProperty("level").GetString(), Is.EqualTo("error"));
        Assert.That(line.GetProperty("exception").GetString(), Does.Contain("the inside"));
        Assert.That(line.GetProperty("trace_id").GetString(), Is.EqualTo(answer.At("trace_id")));
    }

    [Test]
    public async Task A_database_that_is_away_is_a_503_that_says_when_to_come_back()
    {
        const int cannotOpen = 14;
        await using var host = await Throwing(
            new InvalidOperationException("", new SqliteException("no such file", cannotOpen))
        );

        var answer = await host.Get("/throws");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(answer.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
    }

    [Test]
    public async Task An_unknown_caller_is_told_how_to_become_known()
    {
        await using var host = await Throwing(
            new UnauthenticatedException("expired", "Bearer error=\"invalid_token\"")
        );

        var answer = await host.Get("/throws");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(answer.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer error=\"invalid_token\""));
    }

    [TestCase("/nothing-here", ExpectedResult = "/problems/not-found")]
    [TestCase("/posted", ExpectedResult = "/problems/method-not-allowed")]
    public async Task<string?> What_routing_refuses_is_a_problem_document_too(string path)
    {
        await using var host = await EdgeHost.With(routes => routes.MapPost("/posted", () => "ok"));

        return (await host.Get(path)).At("type");
    }

    [Test]
    public async Task A_chunked_body_over_the_limit_is_a_413()
    {
        await using var host = await EdgeHost.With(routes =>
            routes.MapPost("/body", (JsonBody body) => body.Root.ValueKind.ToString())
        );
        using var request = new HttpRequestMessage(HttpMethod.Post, "/body")
        {
            Content = new StringContent($"\"{new string('x', JsonBody.MaxBytes)}\"", null, "application/json"),
            Headers = { TransferEncodingChunked = true },
        };

        var answer = await Answer.Of(await host.Http.SendAsync(request));

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        Assert.That(answer.At("type"), Is.EqualTo("/problems/body-too-large"));
    }

    [Test]
    public async Task The_request_id_sent_comes_back_and_is_logged_on_errors_too()
    {
        await using var host = await Throwing(new NotFoundException("no"));

        var answer = await host.Get("/throws", (RequestId.Header, "from-the-caller"));

        Assert.That(answer.Headers.GetValues(RequestId.Header), Is.EqualTo(new[] { "from-the-caller" }));
        var line = (await host.RequestLines()).Single();
        Assert.That(line.GetProperty("request_id").GetString(), Is.EqualTo("from-the-caller"));
    }

    [TestCase("has spaces")]
    [TestCase("")]
    public async Task A_request_id_unfit_for_logs_is_replaced(string unfit)
    {
        await using var host = await EdgeHost.With(routes => routes.MapGet("/", () => "ok"));

        var answer = await host.Get("/", (RequestId.Header, unfit));

        Assert.That(answer.Headers.GetValues(RequestId.Header).Single(), Does.Match("^[0-9a-f]{32}$"));
    }

    [TestCase(128, ExpectedResult = true)]
    [TestCase(129, ExpectedResult = false)]
    public bool A_request_id_has_at_most_128_characters(int length) => RequestId.IsFit(new string('x', length));

    [Test]
    public async Task A_request_is_one_line_with_the_same_fields_and_nothing_that_was_sent_in_confidence()
    {
        await using var host = await EdgeHost.With(routes => routes.MapGet("/hello/{name}", (string name) => name));

        await host.Get("/hello/jo?token=secret1", ("Authorization", "Bearer secret2"), ("X-API-Key", "secret3"));

        var line = (await host.RequestLines()).Single();
        Assert.That(line.EnumerateObject().Select(m => m.Name), Is.EqualTo(LogFields));
        Assert.That(line.GetRawText(), Does.Not.Contain("secret"));
        Assert.That(line.GetProperty("message").GetString(), Is.EqualTo("GET /hello/jo 200"));
        Assert.That(line.GetProperty("path").GetString(), Is.EqualTo("/hello/jo"));
        Assert.That(line.GetProperty("status").GetInt32(), Is.EqualTo(200));
        Assert.That(line.GetProperty("duration_ms").GetDouble(), Is.Positive);
    }

    [Test]
    public async Task Callers_cannot_multiply_the_labels_of_metrics()
    {
        await using var host = await EdgeHost.With(routes => routes.MapGet("/labels/{name}", (string name) => name));

        await host.Get("/labels/one");
        await host.Get("/labels/two");
        await host.Get("/made-up-path");
        using var strange = new HttpRequestMessage(new HttpMethod("MADEUP"), "/labels/one");
        await host.Http.SendAsync(strange);

        using var text = new MemoryStream();
        await Prometheus.Metrics.DefaultRegistry.CollectAndExportAsTextAsync(text);
        var metrics = System.Text.Encoding.UTF8.GetString(text.ToArray());
        Assert.That(
            metrics,
            Does.Contain("http_requests_total{path=\"/labels/{name}\",method=\"GET\",status=\"200\"} 2")
        );
        Assert.That(metrics, Does.Not.Contain("made-up-path").And.Not.Contain("MADEUP").And.Not.Contain("/labels/one"));
    }
}
