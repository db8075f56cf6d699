// Reads AsyncAPI documents with the official parser and prints what it says of each.
import { Parser } from "@asyncapi/parser";
import { readFileSync } from "node:fs";

const parser = new Parser();
const found = {};
for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, "utf8");
  const { document, diagnostics } = await parser.parse(text);
  found[file] = diagnostics.map(({ message, path }) => `${path.join(".")}: ${message}`);
  if (!document) found[file].push("no document");
}
console.log(JSON.stringify(found));
