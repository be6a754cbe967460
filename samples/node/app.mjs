// Prints what a flag gives a user, and again whenever that changes, until Ctrl+C: npm start [-- USER]
import { setTimeout as pause } from "node:timers/promises";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";

const { FEATUREFLAGS_URL = "http://localhost:8080", FEATUREFLAGS_KEY } = process.env;
if (!FEATUREFLAGS_KEY) {
  console.error("Set FEATUREFLAGS_KEY, see samples/README.md.");
  process.exit(1);
}
const flag = "new-checkout";
const user = { targetingKey: process.argv[2] ?? "ada", country: "CA" };

const provider = new OFREPProvider({ baseUrl: FEATUREFLAGS_URL, headers: { "X-API-Key": FEATUREFLAGS_KEY } });
await OpenFeature.setProviderAndWait(provider);
const flags = OpenFeature.getClient();

let last;
for (;;) {
  // The service is asked each time: a server of yours would ask when it has a request to answer.
  const { value, reason, variant, errorMessage } = await flags.getBooleanDetails(flag, false, user);
  const why = [reason, variant, errorMessage].filter(Boolean).join(", ");
  const answer = `Node: ${flag} is ${value ? "on" : "off"} for ${user.targetingKey} (${why})`;
  if (answer !== last) console.log((last = answer));
  await pause(500);
}
