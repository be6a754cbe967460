// Opens a page in a browser and says what an element of it shows, whenever that changes, and how many event streams it
// got by then, until its input ends.
import { chromium } from "playwright-core";

const { executablePath, address, element } = JSON.parse(process.argv[2]);

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage();
page.on("pageerror", (error) => console.error(error));
page.on("console", (message) => console.error(message.text()));
let streams = 0;
page.on("response", (response) => {
  if (response.ok() && response.request().resourceType() === "eventsource") streams++;
});
await page.exposeFunction("say", (shown) => console.log(JSON.stringify({ shown, streams })));
await page.addInitScript((id) => {
  addEventListener("DOMContentLoaded", () => {
    const watched = document.getElementById(id);
    let last = watched.textContent;
    new MutationObserver(() => {
      if (watched.textContent !== last) window.say((last = watched.textContent));
    }).observe(watched, { childList: true, characterData: true, subtree: true });
  });
}, element);
await page.goto(address);

process.stdin.on("end", () => browser.close());
process.stdin.resume();
