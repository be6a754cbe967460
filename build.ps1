# Builds and tests everything: ./build.ps1 [--target=NAME]. The last line counts the tests.
$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot

Remove-Item artifacts/summary.txt -ErrorAction SilentlyContinue
dotnet tool restore
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
dotnet cake @args
$status = $LASTEXITCODE
if (Test-Path artifacts/summary.txt) { Get-Content artifacts/summary.txt }
exit $status
