// Serves the page, the packages that it imports, and its settings. The service itself is asked by the browser.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const { FEATUREFLAGS_URL = "http://localhost:8080", FEATUREFLAGS_CLIENT_KEY, PORT = "3000" } = process.env;
if (!FEATUREFLAGS_CLIENT_KEY?.startsWith("ff_client_")) {
  console.error("Set FEATUREFLAGS_CLIENT_KEY, see samples/README.md. Browsers get keys that can only evaluate.");
  process.exit(1);
}
const settings = `export const { url, key } = ${JSON.stringify({ url: FEATUREFLAGS_URL, key: FEATUREFLAGS_CLIENT_KEY })};`;

const server = createServer(async (request, answer) => {
  const path = new URL(request.url, "http://localhost").pathname;
  const send = (type, body) => answer.writeHead(200, { "Content-Type": `${type}; charset=utf-8` }).end(body);
  const file = (name) => readFile(new URL(name, import.meta.url));
  try {
    if (path === "/") send("text/html", await file("index.html"));
    else if (path === "/settings.js") send("text/javascript", settings);
    else if (/^\/node_modules\/@openfeature\/.*\.js$/.test(path)) send("text/javascript", await file(`.${path}`));
    else answer.writeHead(404).end();
  } catch {
    answer.writeHead(404).end();
  }
});
server.listen(Number(PORT), "localhost", () => console.log(`Web: http://localhost:${server.address().port}`));
