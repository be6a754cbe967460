"""The flags and segments of a tenant and environment, ready to be evaluated: what docs/rules.md says, in process."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, NamedTuple, Optional, Set, Tuple

from ._conditions import Draws, Holds, Reader, Reference, one_or_many
from ._regex import TextTooLong
from ._user import Context, bucket_key

RULE_MATCH = "rule_match"
DEFAULT_DISTRIBUTION = "default_distribution"
FLAG_OFF = "flag_off"
PREREQUISITE_FAILED = "prerequisite_failed"
ERROR = "error"

BUCKET_KEY_MISSING = "bucket_key_missing"
DEFINITION_UNREADABLE = "definition_unreadable"
CYCLE = "cycle"
REFERENCES_TOO_DEEP = "references_too_deep"
REGEX_TIMEOUT = "regex_timeout"

_OFF_NAMES = ("off", "control", "false", "disabled")
_LONGEST_CHAIN = 50
_MOST_VISITS = 10_000


class Decision(NamedTuple):
    """What a flag gives a user, and why."""

    variant: str
    reason: str
    rule_id: Optional[str] = None
    error: Optional[str] = None


class _Distribution:
    """Variants with their shares of [0, 1), in the order they were written, without those of weight 0."""

    def __init__(self, shares: Iterable[Tuple[str, float]]) -> None:
        drawn = [share for share in shares if share[1] > 0]
        # Not by sum(), which makes up for rounding from Python 3.12 on: the service does not.
        ends, total = [], 0.0
        for _, weight in drawn:
            total += weight
            ends.append(total)
        self._ranges = [(end / total, variant) for end, (variant, _) in zip(ends, drawn)]
        self.last = drawn[-1][0]
        self.needs_draw = len(drawn) > 1

    def at(self, bucket: float) -> str:
        for end, variant in self._ranges[:-1]:
            if bucket < end:
                return variant
        return self.last


class _Rule(NamedTuple):
    id: str
    when: Holds
    rollout: _Distribution


class Flag:
    """A flag made ready. One that can't be read answers its off variant with an error, and is never missing."""

    def __init__(self, definition: Mapping[str, Any], tenant: str) -> None:
        self.key: str = definition["key"]
        self.version: Optional[int] = definition.get("version")
        self.references: List[Reference] = []
        self.is_unreadable = False
        try:
            self._read(definition, tenant)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError):
            self.is_unreadable = True
            off = definition.get("off_variant")
            self.off_variant: str = off if isinstance(off, str) else ""
            self.values: Dict[str, Any] = {}
            self.is_on = True
            self._find_key = bucket_key([])
            self._has_gate = False

    def _read(self, definition: Mapping[str, Any], tenant: str) -> None:
        variants = definition["variants"]
        shares = [(variant["key"], variant["weight"]) for variant in variants]
        self.values = {variant["key"]: variant.get("value") for variant in variants}
        if all(value is None for value in self.values.values()):
            self.values = {key: key for key in self.values}
        self.off_variant = definition.get("off_variant") or _off_variant(variants)
        self.is_on = definition.get("state") == "on"
        by = one_or_many(definition.get("bucket_by") or "id")
        self._find_key = bucket_key(by)
        rules = sorted(definition.get("rules") or (), key=lambda rule: rule["order"])
        rollouts = [_shares(rule["rollout"]) for rule in rules]
        hashing = definition.get("hashing") or "xxh64"
        if hashing not in ("xxh64", "unleash"):
            raise ValueError(f"unknown hashing: {hashing}")
        total = _unleash_total([shares, *rollouts]) if hashing == "unleash" else None
        self._draws = Draws(tenant, definition.get("salt") or self.key, total)
        reader = Reader(self._draws, by)
        self.prerequisites = [reader.flag(prerequisite) for prerequisite in definition.get("prerequisites") or ()]
        self.rules = [
            _Rule(rule["id"], reader.read(rule.get("when") or {}), _Distribution(rollout))
            for rule, rollout in zip(rules, rollouts)
        ]
        self.default = _Distribution(shares)
        self.references = reader.references
        self._has_gate = reader.has_shared_gate

    def bucket(self, user: Context) -> Optional[float]:
        """Where the user falls for the flag's splits; None without a bucket key."""
        key = self._find_key(user)
        return None if key is None else self._draws.split(key)

    def gate_bucket(self, user: Context) -> Optional[float]:
        """Where the user falls for the percentages that share a draw; None without one, or a bucket key."""
        key = self._find_key(user) if self._has_gate else None
        return None if key is None else self._draws.gate(key)

    def off(self, reason: str, error: Optional[str] = None) -> Decision:
        return Decision(self.off_variant, reason, error=error)


class _Segment:
    def __init__(self, definition: Mapping[str, Any], tenant: str) -> None:
        self.key: str = definition["key"]
        self.references: List[Reference] = []
        self.is_unreadable = False
        self.criteria: Optional[Holds] = None
        self.included: FrozenSet[str] = frozenset()
        self.excluded: FrozenSet[str] = frozenset()
        try:
            self.included = frozenset(definition.get("included") or ())
            self.excluded = frozenset(definition.get("excluded") or ())
            criteria = definition.get("criteria")
            if criteria is not None:
                reader = Reader(Draws(tenant, f"segment:{self.key}"), ["id"])
                self.criteria = reader.read(criteria)
                self.references = reader.references
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self.is_unreadable = True


class RuleSet:
    """Immutable, so that threads may go on with one while the next takes its place."""

    def __init__(self, tenant: str, flags: Dict[str, Flag], segments: Dict[str, _Segment]) -> None:
        self._tenant = tenant
        self.flags = flags
        self.segments = segments
        self._errors = _errors(flags, segments)

    @classmethod
    def of(cls, tenant: str, flags: Iterable[Mapping[str, Any]], segments: Iterable[Mapping[str, Any]]) -> "RuleSet":
        """:raises KeyError: a definition has no key."""
        return cls(
            tenant,
            {flag["key"]: Flag(flag, tenant) for flag in flags},
            {segment["key"]: _Segment(segment, tenant) for segment in segments},
        )

    def changed(
        self,
        flags: Iterable[Mapping[str, Any]],
        segments: Iterable[Mapping[str, Any]],
        removed_flags: Iterable[str],
        removed_segments: Iterable[str],
    ) -> "RuleSet":
        """The rule set after a change, which compiles what has changed and nothing else."""
        change = RuleSet.of(self._tenant, flags, segments)
        gone_flags, gone_segments = frozenset(removed_flags), frozenset(removed_segments)
        return RuleSet(
            self._tenant,
            {key: flag for key, flag in {**self.flags, **change.flags}.items() if key not in gone_flags},
            {key: one for key, one in {**self.segments, **change.segments}.items() if key not in gone_segments},
        )

    def decide(self, flag: Flag, user: Context) -> Decision:
        """What the flag gives the user."""
        try:
            try:
                return Walk(self, user).decide(flag)
            except RecursionError:
                # Python's stack does not hold the longest chains of the deepest conditions: from their ends, then.
                walk = Walk(self, user)
                walk.learn(self._behind(flag))
                return walk.decide(flag)
        except TextTooLong:
            return flag.off(ERROR, REGEX_TIMEOUT)

    def error_of(self, flag: Flag) -> Optional[str]:
        return self._errors.get(("flag", flag.key))

    def _behind(self, flag: Flag) -> List[Reference]:
        """All that the flag leads to, each after what it leads to itself, but for circles."""
        behind: Dict[Reference, None] = {}
        entered: Set[Reference] = set()
        left = list(flag.references)
        while left:
            node = left[-1]
            one = (self.flags if node[0] == "flag" else self.segments).get(node[1])
            if one is None or node in entered:
                left.pop()
                behind[node] = None
            else:
                entered.add(node)
                left.extend(target for target in one.references if target not in entered)
        return list(behind)


class Walk:
    """One evaluation, and where it has been."""

    def __init__(self, rules: RuleSet, user: Context) -> None:
        self._rules = rules
        self._within: List[Reference] = []
        self._visits = 0
        self._learnt: Dict[Reference, Any] = {}
        self.user = user

    def learn(self, nodes: Iterable[Reference]) -> None:
        """Finds out about flags and segments in this order, so that each can build on those before."""
        for kind, key in nodes:
            try:
                if kind == "segment":
                    self._learnt[kind, key] = self.is_member(key)
                elif key in self._rules.flags:
                    self._learnt[kind, key] = self.decide(self._rules.flags[key])
            except TextTooLong as error:
                self._learnt[kind, key] = error

    def decide(self, flag: Flag) -> Decision:
        if not flag.is_on:
            return flag.off(FLAG_OFF)
        error = self._rules.error_of(flag)
        if error is not None:
            return flag.off(ERROR, error)
        if not self._enter(("flag", flag.key)):
            return flag.off(ERROR, CYCLE)
        try:
            return self._decide(flag)
        finally:
            self._within.pop()

    def gives(self, key: str, variants: FrozenSet[str]) -> bool:
        """Whether a flag gives one of the variants, by its rules or weights."""
        flag = self._rules.flags.get(key)
        if flag is None:
            return False
        decision = self._recall(("flag", key)) or self.decide(flag)
        return decision.reason in (RULE_MATCH, DEFAULT_DISTRIBUTION) and decision.variant in variants

    def is_member(self, key: str) -> bool:
        known: Optional[bool] = self._recall(("segment", key))
        if known is not None:
            return known
        segment = self._rules.segments.get(key)
        if segment is None or self.user.id in segment.excluded:
            return False
        if self.user.id in segment.included:
            return True
        if segment.criteria is None or not self._enter(("segment", key)):
            return False
        try:
            return segment.criteria(self)
        finally:
            self._within.pop()

    def _decide(self, flag: Flag) -> Decision:
        for is_met in flag.prerequisites:
            if not is_met(self):
                return flag.off(PREREQUISITE_FAILED)
        rollout, reason, rule_id = flag.default, DEFAULT_DISTRIBUTION, None
        for rule in flag.rules:
            if rule.when(self):
                rollout, reason, rule_id = rule.rollout, RULE_MATCH, rule.id
                break
        if not rollout.needs_draw:
            return Decision(rollout.last, reason, rule_id)
        bucket = flag.bucket(self.user)
        if bucket is None:
            return flag.off(ERROR, BUCKET_KEY_MISSING)
        return Decision(rollout.at(bucket), reason, rule_id)

    def _recall(self, node: Reference) -> Any:
        """What was learnt of it, else None.

        :raises TextTooLong: that was.
        """
        known = self._learnt.get(node)
        if isinstance(known, TextTooLong):
            raise known
        return known

    def _enter(self, node: Reference) -> bool:
        """Goes on to a flag or segment, unless it was passed on the way here. The service stores no circles; what comes
        from elsewhere may hold some."""
        self._visits += 1
        if node in self._within or self._visits > _MOST_VISITS:
            return False
        self._within.append(node)
        return True


def _off_variant(variants: List[Dict[str, Any]]) -> str:
    keys = [variant["key"] for variant in variants]
    for name in _OFF_NAMES:
        if name in keys:
            return name
    return next((variant["key"] for variant in variants if variant.get("value") is False), keys[0])


def _shares(rollout: Dict[str, Any]) -> List[Tuple[str, float]]:
    if "variant" in rollout:
        return [(rollout["variant"], 1)]
    return [(share["variant"], share["weight"]) for share in rollout["distribution"]]


def _unleash_total(distributions: List[List[Tuple[str, float]]]) -> int:
    """The sum that all splits of a flag have in common there."""
    for shares in distributions:
        if sum(weight > 0 for _, weight in shares) > 1:
            return int(sum(weight for _, weight in shares))
    return int(sum(weight for _, weight in distributions[0]))


def _errors(flags: Dict[str, Flag], segments: Dict[str, _Segment]) -> Dict[Reference, str]:
    """Which flags and segments can't be evaluated because of what they, and those they refer to, are: unreadable, or at
    the head of too long a chain. Nothing is said of circles, and of what leads to them."""
    nodes: Dict[Reference, Any] = {("flag", key): flag for key, flag in flags.items()}
    nodes.update((("segment", key), segment) for key, segment in segments.items())
    targets = {node: [target for target in one.references if target in nodes] for node, one in nodes.items()}
    referrers: Dict[Reference, List[Reference]] = {}
    for node, referred in targets.items():
        for target in referred:
            referrers.setdefault(target, []).append(node)

    errors: Dict[Reference, str] = {}
    chains: Dict[Reference, int] = {}
    visits: Dict[Reference, int] = {}
    unreadable = {node for node, one in nodes.items() if one.is_unreadable}
    # From the ends of the chains inwards.
    left = {node: len(referred) for node, referred in targets.items()}
    ready = [node for node, count in left.items() if count == 0]
    while ready:
        node = ready.pop()
        chains[node] = 1 + max((chains[target] for target in targets[node]), default=0)
        visits[node] = 1 + sum(visits[target] for target in targets[node])
        # A flag that can't be read is one that gives no variant; a segment that can't is nothing to build on.
        if any(target[0] == "segment" and target in unreadable for target in targets[node]):
            unreadable.add(node)
        if chains[node] > _LONGEST_CHAIN or visits[node] > _MOST_VISITS:
            errors[node] = REFERENCES_TOO_DEEP
        for referrer in referrers.get(node, ()):
            left[referrer] -= 1
            if left[referrer] == 0:
                ready.append(referrer)
    errors.update((node, DEFINITION_UNREADABLE) for node in unreadable)
    return errors
