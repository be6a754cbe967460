# The project and lock files alone, so that the restore below is repeated only when one of them changes. Found by their
# names: a new project needs no line here.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS projects
WORKDIR /source
COPY . .
RUN find . -type f ! -name '*.csproj' ! -name '*.props' ! -name packages.lock.json ! -name global.json -delete

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY --from=projects /source .
RUN dotnet restore src/Host --locked-mode
COPY . .
RUN dotnet publish src/Host -c Release --no-restore -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app .
# One host per folder, and nobody else's business what it keeps there.
RUN install -d -m 0700 -o 1654 -g 1654 /data
VOLUME /data
ENV ASPNETCORE_ENVIRONMENT=Production \
    ASPNETCORE_HTTP_PORTS= \
    ASPNETCORE_URLS=http://+:8080 \
    DATA_DIR=/data
EXPOSE 8080
# The user "app" of the base image, by number so that a platform can check that it is not root.
USER 1654:1654
# The image has no curl; bash can open a connection itself.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["dotnet", "FeatureFlags.Host.dll"]
