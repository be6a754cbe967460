namespace FeatureFlags.Rules.Net8;

/// <summary>What the later frameworks have of their own: the parts between separators, as ranges, without allocating.</summary>
internal static class SpanSplit
{
    public static Parts Split(this ReadOnlySpan<char> text, char separator) => new(text, separator);

    public ref struct Parts(ReadOnlySpan<char> text, char separator)
    {
        private readonly ReadOnlySpan<char> _text = text;
        private int _next;

        public Range Current { get; private set; }

        public readonly Parts GetEnumerator() => this;

        public bool MoveNext()
        {
            // Behind the last part, which may be empty, comes nothing more.
            if (_next > _text.Length)
                return false;

            var length = _text[_next..].IndexOf(separator);
            var end = length < 0 ? _text.Length : _next + length;
            Current = _next..end;
            _next = end + 1;
            return true;
        }
    }
}
