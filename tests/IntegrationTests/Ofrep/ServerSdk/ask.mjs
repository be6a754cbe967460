// Asks for flags as a program does that has OpenFeature's server SDK: reads one question a line,
// {"type","flag","fallback","context"}, and answers with the evaluation's details.
import { createInterface } from "node:readline";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";

const { baseUrl, headers } = JSON.parse(process.argv[2]);
await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl, headers }));
const client = OpenFeature.getClient();
const ask = {
  boolean: client.getBooleanDetails,
  string: client.getStringDetails,
  number: client.getNumberDetails,
  object: client.getObjectDetails,
};

for await (const line of createInterface({ input: process.stdin })) {
  const { type, flag, fallback, context } = JSON.parse(line);
  console.log(JSON.stringify(await ask[type].call(client, flag, fallback, context)));
}
