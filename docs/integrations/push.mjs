// Push days of sales to Codat, a folder each: node push.mjs sales
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

const { CODAT_BASE_URL, CODAT_API_KEY, CODAT_COMPANY_ID } = process.env;
const headers = {
  Authorization: `Basic ${Buffer.from(CODAT_API_KEY).toString("base64")}`,
  "Content-Type": "application/json",
};

async function codat(path, options = {}) {
  const answer = await fetch(`${CODAT_BASE_URL}${path}`, { headers, ...options });
  if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

async function push(kind, body) {
  const path = `/data/companies/${CODAT_COMPANY_ID}/sync/commerce-${kind}`;
  const { datasetId } = await codat(path, { method: "POST", body });
  for (;;) {
    const history = await codat(`/meta/companies/${CODAT_COMPANY_ID}/pull/history/${datasetId}`);
    if (history.isCompleted) return console.log(`${kind}: ${history.status}`);
    // It has ended; if it was cancelled, without isErrored.
    if (history.completed) throw new Error(`${kind}: ${history.status} ${history.errorMessage ?? ""}`);
    await pause(1000);
  }
}

for (const folder of process.argv.slice(2)) {
  for (const kind of ["orders", "payments", "transactions"]) {
    await push(kind, await readFile(`${folder}/${kind}.json`));
  }
}
