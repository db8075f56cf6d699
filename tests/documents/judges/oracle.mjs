// Writes the types of OpenAPI documents as openapi-typescript makes them: of `a.json`
// into `a.oracle.ts`.
import openapiTS, { astToString } from "openapi-typescript";
import { readFileSync, writeFileSync } from "node:fs";

const files = process.argv.slice(2);
for (const file of files) {
  const document = JSON.parse(readFileSync(file, "utf8"));
  const types = await openapiTS(document, { defaultNonNullable: false });
  writeFileSync(file.replace(".json", ".oracle.ts"), astToString(types));
}
console.log(JSON.stringify(files.length));
