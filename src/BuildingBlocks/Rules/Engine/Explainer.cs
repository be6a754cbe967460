using System.Globalization;
using System.Text.Json;

namespace FeatureFlags.Rules.Engine;

/// <summary>Writes down what an explaining walk sees of one flag; what it requires gets an explainer of its own.</summary>
internal sealed class Explainer
{
    private readonly HashSet<CompiledFlag> _told;
    private readonly HashSet<string> _toldSegments;
    private readonly List<RuleExplanation> _rules = [];
    private List<ConditionExplanation> _conditions = [];
    private List<ConditionExplanation> _prerequisites = [];

    public Explainer()
        : this([], new HashSet<string>(StringComparer.Ordinal)) { }

    private Explainer(HashSet<CompiledFlag> told, HashSet<string> toldSegments)
    {
        _told = told;
        _toldSegments = toldSegments;
    }

    /// <summary>For a flag inside this one's explanation.</summary>
    public Explainer ForFlag() => new(_told, _toldSegments);

    /// <summary>Whether a flag's explanation is asked for the first time: a second one would tell the same again.</summary>
    public bool IsFirstOf(CompiledFlag flag) => _told.Add(flag);

    public bool IsFirstOf(CompiledSegment segment) => _toldSegments.Add(segment.Key);

    /// <summary>Starts a group of conditions; what this returns ends it.</summary>
    public List<ConditionExplanation> Open()
    {
        var outer = _conditions;
        _conditions = [];
        return outer;
    }

    public void Prerequisites()
    {
        _prerequisites = _conditions;
        _conditions = [];
    }

    public void Rule(CompiledRule rule, bool holds, double bucket)
    {
        var definition = rule.Definition;
        var rollout = Rollout(rule.Rollout, bucket);
        _rules.Add(new RuleExplanation(rule.Id, definition.Order, definition.Description, holds, _conditions, rollout));
        _conditions = [];
    }

    public void Attribute(AttributeTerm term, in AttributeValue value, Outcome match)
    {
        var compared = $"{term.Operator.Name} {Shortened(term.Operand)}";
        var actual = value.Kind == ValueKind.Missing ? null : value.ToJson();
        _conditions.Add(
            new ConditionExplanation
            {
                Condition = "attr",
                Holds = match == Outcome.Yes,
                Why = match switch
                {
                    Outcome.Missing => $"{term.Path.Text} is missing",
                    Outcome.WrongType =>
                        $"{term.Path.Text} is {actual}, which is nothing that {term.Operator.Name} compares",
                    Outcome.TooLong => $"{term.Path.Text} is too long a text for {compared}",
                    Outcome.Yes => $"{term.Path.Text} is {actual ?? "missing"}, which satisfies {compared}",
                    _ => $"{term.Path.Text} is {actual ?? "missing"}, which does not satisfy {compared}",
                },
                Attribute = term.Path.Text,
                Operator = term.Operator.Name,
                Operand = JsonElement.Parse(term.Operand),
                Actual = actual is null ? null : JsonElement.Parse(actual),
            }
        );
    }

    public void Gate(GateNode gate, double bucket, bool holds)
    {
        var percentage = Text(gate.Percentage);
        _conditions.Add(
            new ConditionExplanation
            {
                Condition = "percentage",
                Holds = holds,
                Why = double.IsNaN(bucket)
                    ? $"{string.Join(" and ", gate.By.Paths)}, to bucket by, is missing"
                    : $"bucket {Text(bucket)} is {(holds ? "" : "not ")}below {Text(gate.Percentage / 100)} ({percentage} %)",
                Percentage = gate.Percentage,
                By = gate.By.Paths,
                Bucket = Number(bucket),
            }
        );
    }

    public void Segment(List<ConditionExplanation> outer, string key, Membership membership)
    {
        var criteria = _conditions;
        _conditions = outer;
        _conditions.Add(
            new ConditionExplanation
            {
                Condition = "segment",
                Holds = membership is Membership.Included or Membership.ByCriteria,
                Why = membership switch
                {
                    Membership.Excluded => $"the id is excluded from {key}",
                    Membership.Included => $"the id is included in {key}",
                    Membership.ByCriteria => $"the criteria of {key} hold",
                    Membership.NotByCriteria => $"the criteria of {key} do not hold",
                    Membership.NotIncluded => $"the id is not included in {key}, which has no criteria",
                    Membership.Cycle => $"{key} refers to itself",
                    _ => $"there is no segment {key}",
                },
                Segment = key,
                Conditions = criteria.Count == 0 ? null : criteria,
            }
        );
    }

    public void UnknownFlag(FlagNode node) => AddFlag(node, holds: false, $"there is no flag {node.Key}", null);

    /// <param name="node">The condition.</param>
    /// <param name="isMet">Whether it is met.</param>
    /// <param name="decision">What the flag answered.</param>
    /// <param name="explanation">Null: it stands elsewhere.</param>
    public void Flag(FlagNode node, bool isMet, Decision decision, Explanation? explanation)
    {
        var why = decision.Reason switch
        {
            Reason.FlagOff => $"{node.Key} is off",
            Reason.PrerequisiteFailed => $"{node.Key} lacks a flag that it requires itself",
            Reason.Error => $"{node.Key} is in error: {decision.Cause}",
            _ =>
                $"{node.Key} gives {decision.Variant.Key}, which is {(isMet ? "" : "not ")}among {string.Join(", ", node.Variants)}",
        };
        AddFlag(node, isMet, why, explanation);
    }

    public void Group(List<ConditionExplanation> outer, string kind, bool holds)
    {
        var inner = _conditions;
        var holding = inner.Count(condition => condition.Holds);
        _conditions = outer;
        _conditions.Add(
            new ConditionExplanation
            {
                Condition = kind,
                Holds = holds,
                Why = inner.Count == 0 ? "no conditions always hold" : $"{holding} of {inner.Count} hold",
                Conditions = inner,
            }
        );
    }

    public Explanation Explained(EvaluationContext context, Decision decision)
    {
        var flag = decision.Flag;
        var evaluation = new Evaluation(decision, context);
        return new Explanation(
            flag.Key,
            flag.Version,
            flag.Definition.On ? "on" : "off",
            evaluation.Variant,
            evaluation.Value,
            evaluation.Reason,
            evaluation.RuleId,
            evaluation.Error,
            Summary(evaluation),
            flag.BucketBy.Paths,
            flag.BucketBy.TryGetKey(context, out var key) ? key.ToString() : null,
            evaluation.Bucket,
            evaluation.GateBucket,
            _prerequisites,
            _rules,
            flag.Default is null ? null : Rollout(flag.Default, evaluation.Bucket ?? double.NaN)
        )
        {
            Hashing = flag.Definition.Hashing == HashingSchemes.Xxh64 ? null : flag.Definition.Hashing,
        };
    }

    private void AddFlag(FlagNode node, bool holds, string why, Explanation? explanation) =>
        _conditions.Add(
            new ConditionExplanation
            {
                Condition = "flag",
                Holds = holds,
                Why = why,
                Flag = node.Key,
                Variants = node.Variants,
                Explanation = explanation,
            }
        );

    private static RolloutExplanation Rollout(Distribution distribution, double bucket)
    {
        var drawn = distribution.Only is null && !double.IsNaN(bucket);
        var decision = drawn ? distribution.At(bucket) : distribution.Only;
        return new RolloutExplanation(
            decision?.Variant.Key,
            drawn ? bucket : null,
            [.. distribution.Ranges.Select(range => new RangeExplanation(range.Variant.Key, range.From, range.To))]
        );
    }

    private static string Summary(in Evaluation evaluation) =>
        evaluation.Reason switch
        {
            Reason.RuleMatch => $"rule {evaluation.RuleId} holds and gives {evaluation.Variant}",
            Reason.DefaultDistribution => $"no rule holds, and the weights give {evaluation.Variant}",
            Reason.FlagOff => $"the flag is off and gives {evaluation.Variant}",
            Reason.PrerequisiteFailed => $"a flag that this one requires is not met, which gives {evaluation.Variant}",
            _ => $"the flag is in error ({evaluation.Error}), which gives {evaluation.Variant}",
        };

    private static double? Number(double number) => double.IsNaN(number) ? null : number;

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Shortened(string json) => json.Length <= 100 ? json : $"{json[..100]}…";
}
