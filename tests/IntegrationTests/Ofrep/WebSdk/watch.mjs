// Opens page.html in a browser, from an origin of its own, and says what the page shows whenever that changes, until its
// input ends.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const { executablePath, ...settings } = JSON.parse(process.argv[2]);

const types = { html: "text/html", js: "text/javascript" };
const pages = createServer(async (request, answer) => {
  const path = new URL(request.url, "http://page").pathname;
  try {
    const file = await readFile(new URL(`.${path}`, import.meta.url));
    answer.writeHead(200, { "Content-Type": types[path.split(".").pop()] ?? "application/octet-stream" }).end(file);
  } catch {
    answer.writeHead(404).end();
  }
});
await new Promise((listening) => pages.listen(0, "127.0.0.1", listening));

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage();
page.on("pageerror", (error) => console.error(error));
page.on("console", (message) => console.error(message.text()));
let asked = 0;
page.on("request", (request) => {
  if (request.method() === "POST") asked++;
});
await page.exposeFunction("say", (banner) => console.log(JSON.stringify({ banner, asked })));
await page.addInitScript(() =>
  addEventListener("DOMContentLoaded", () => {
    const banner = document.getElementById("banner");
    let last = banner.textContent;
    new MutationObserver(() => {
      if (banner.textContent !== last) window.say((last = banner.textContent));
    }).observe(banner, { childList: true, characterData: true, subtree: true });
  }),
);
const address = `http://127.0.0.1:${pages.address().port}/page.html#${encodeURIComponent(JSON.stringify(settings))}`;
await page.goto(address);

process.stdin.on("end", async () => {
  await browser.close();
  pages.close();
});
process.stdin.resume();
