using System.Net;
using System.Net.Sockets;

namespace FeatureFlags.ChangeFeed.Outbound;

/// <summary>
/// Opens connections to addresses that others chose, but not into the network that the service stands in. The check is
/// of the address that is dialled, so it does not matter how the host was written, what a name resolved to when the
/// URL was saved, or what it will resolve to a moment later.
/// </summary>
/// <param name="allowPrivate">Whether every address may be dialled.</param>
/// <param name="resolve">The addresses of a host name.</param>
internal sealed class GuardedDialer(bool allowPrivate, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    public GuardedDialer(bool allowPrivate)
        : this(allowPrivate, Dns.GetHostAddressesAsync) { }

    /// <summary>
    /// For <see cref="SocketsHttpHandler.ConnectCallback"/>, on a handler without a proxy: with one, this would see the
    /// proxy's address alone. What it throws arrives as the inner exception of an
    /// <see cref="HttpRequestException"/>.
    /// </summary>
    /// <exception cref="AddressRefusedException">At least one of the host's addresses is not public.</exception>
    /// <exception cref="SocketException">The host is unknown, or none of its addresses takes the connection.</exception>
    public async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var target = context.DnsEndPoint;
        var addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await resolve(target.Host, ct);
        // One is enough: a mixed answer is either a mistake or an attempt.
        if (!allowPrivate && !addresses.All(PublicAddress.IsPublic))
            throw new AddressRefusedException();

        SocketException? failure = null;
        foreach (var address in addresses)
        {
            try
            {
                return await Dial(new IPEndPoint(address, target.Port), ct);
            }
            catch (SocketException e)
            {
                failure = e;
            }
        }
        throw failure ?? new SocketException((int)SocketError.HostNotFound);
    }

    private static async Task<NetworkStream> Dial(IPEndPoint address, CancellationToken ct)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>The message is fit for whoever owns the webhook: it does not tell what the name resolved to.</summary>
internal sealed class AddressRefusedException()
    : Exception("The host resolves to an address that webhooks may not reach.");
