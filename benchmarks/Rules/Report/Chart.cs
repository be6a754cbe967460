using System.Globalization;
using System.Text;

namespace FeatureFlags.Benchmarks.Rules.Report;

/// <param name="Title">What grows.</param>
/// <param name="Unit">What is counted, at the end of the axis.</param>
/// <param name="Measurements">A line for each title among them.</param>
internal sealed record Panel(string Title, string Unit, IReadOnlyList<Measurement> Measurements);

/// <summary>Panels of time over size, all axes logarithmic, as one SVG for light and for dark pages.</summary>
internal sealed class Chart(params Panel[] panels)
{
    private const int Width = 880;
    private const int PanelWidth = 440;
    private const int PanelHeight = 325;
    private const int Columns = 2;
    private const double Left = 66;
    private const double Right = 410;
    private const double Top = 72;
    private const double Bottom = 262;
    private const double Above = -9;
    private const double Below = 18;
    private const double LegendY = 44;
    private const int LegendGap = 16;

    private const string Style = """
        <style>
          text { font: 11.5px Helvetica, Arial, sans-serif; fill: #4a5568 }
          .title { font-size: 15px; font-weight: bold; fill: #1a202c }
          .page { fill: #ffffff }
          .grid { stroke: #e2e8f0 }
          .axis { stroke: #718096 }
          .line0, .line1 { fill: none; stroke-width: 2 }
          .line0 { stroke: #2b6cb0 } .figure0 { fill: #2b6cb0 }
          .line1 { stroke: #c05621 } .figure1 { fill: #c05621 }
          @media (prefers-color-scheme: dark) {
            text { fill: #a0aec0 }
            .title { fill: #f7fafc }
            .page { fill: #0d1117 }
            .grid { stroke: #2d3748 }
            .line0 { stroke: #63b3ed } .figure0 { fill: #63b3ed }
            .line1 { stroke: #f6ad55 } .figure1 { fill: #f6ad55 }
          }
        </style>
        """;

    private readonly StringBuilder _svg = new();

    public string Svg()
    {
        var height = (panels.Length + Columns - 1) / Columns * PanelHeight;
        Write($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\">");
        Write($"<title>Time of an evaluation over {string.Join(", ", panels.Select(p => p.Unit))}</title>");
        _svg.Append(Style).Append('\n');
        Write($"<rect class=\"page\" width=\"{Width}\" height=\"{height}\"/>");
        foreach (var (i, panel) in panels.Index())
        {
            Write($"<g transform=\"translate({i % Columns * PanelWidth} {i / Columns * PanelHeight})\">");
            Draw(panel);
            Write($"</g>");
        }
        Write($"</svg>");
        return _svg.ToString();
    }

    private void Draw(Panel panel)
    {
        var sizes = panel.Measurements.Select(m => m.Size).Distinct().Order().ToArray();
        var time = Decades.Around(panel.Measurements.Select(m => m.Nanoseconds));

        Write($"<text class=\"title\" x=\"{Left}\" y=\"24\">{panel.Title}</text>");
        foreach (var tick in time.Ticks)
        {
            Write($"<path class=\"grid\" d=\"M{Left} {Y(tick):F1} H{Right}\"/>");
            Write($"<text x=\"{Left - 8}\" y=\"{Y(tick) + 4:F1}\" text-anchor=\"end\">{Unit.Time(tick)}</text>");
        }
        Write($"<path class=\"axis\" d=\"M{Left} {Bottom} H{Right}\"/>");
        foreach (var size in sizes)
        {
            Write($"<path class=\"axis\" d=\"M{X(size):F1} {Bottom} v5\"/>");
            Write($"<text x=\"{X(size):F1}\" y=\"{Bottom + 20}\" text-anchor=\"middle\">{Unit.Count(size)}</text>");
        }
        Write($"<text x=\"{(Left + Right) / 2}\" y=\"{Bottom + 40}\" text-anchor=\"middle\">{panel.Unit}</text>");

        var lines = panel
            .Measurements.GroupBy(m => m.Title)
            .OrderByDescending(line => line.Sum(m => m.Nanoseconds))
            .ToArray();
        var names = lines.Select(
            (line, i) => $"<tspan class=\"figure{i}\" dx=\"{i * LegendGap}\">● {line.Key}</tspan>"
        );
        Write($"<text x=\"{Left}\" y=\"{LegendY}\">{string.Concat(names)}</text>");
        foreach (var (i, line) in lines.Index())
        {
            var points = line.Select(m => (X: X(m.Size), Y: Y(m.Nanoseconds), m.Nanoseconds));
            // The upper line's figures stand above it, the lower one's below.
            Line(i, [.. points], i == 0 ? Above : Below);
        }

        double X(int size) =>
            Left + 16 + (Right - Left - 40) * Math.Log((double)size / sizes[0], (double)sizes[^1] / sizes[0]);
        double Y(double nanoseconds) => Bottom - (Bottom - Top) * time.Share(nanoseconds);
    }

    private void Line(int number, (double X, double Y, double Nanoseconds)[] points, double distance)
    {
        var path = string.Join(
            " L",
            points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X:F1} {p.Y:F1}"))
        );
        Write($"<path class=\"line{number}\" d=\"M{path}\"/>");
        foreach (var (x, y, nanoseconds) in points)
        {
            Write($"<circle class=\"figure{number}\" cx=\"{x:F1}\" cy=\"{y:F1}\" r=\"3.5\"/>");
            Write(
                $"<text class=\"figure{number}\" x=\"{x:F1}\" y=\"{y + distance:F1}\" text-anchor=\"middle\">{Unit.Time(nanoseconds)}</text>"
            );
        }
    }

    private void Write(FormattableString line) => _svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    /// <summary>An axis of time from one power of ten to another.</summary>
    private sealed record Decades(int Least, int Most)
    {
        /// <summary>Room for the figures below the lowest point.</summary>
        private const double Margin = 0.6;

        public static Decades Around(IEnumerable<double> values) =>
            new((int)Math.Floor(Math.Log10(values.Min() * Margin)), (int)Math.Ceiling(Math.Log10(values.Max())));

        public IEnumerable<double> Ticks =>
            Enumerable.Range(Least, Most - Least + 1).Select(power => Math.Pow(10, power));

        /// <summary>How far up the axis a time stands, from 0 to 1.</summary>
        public double Share(double value) => (Math.Log10(value) - Least) / (Most - Least);
    }
}
