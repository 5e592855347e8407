// All 21 calls of @codat/sync-for-commerce 5.0.0, the last SDK on npm.
//
// Arguments: the folder with the SDK, the mock's address, the Authorization header. Prints what the
// SDK parsed, as JSON.

import { createRequire } from "node:module";

const [folder, address, authorization] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const { CodatSyncCommerce } = require("@codat/sync-for-commerce");

const day = "2022-03-21T00:00:00Z";
const clientId = "a00a94a8-9443-4f1d-b658-bfb19d74c6bf";

// What is no call of this SDK: the pushes, and what a merchant or a test does.
async function send(method, path, body) {
  const headers = { Authorization: authorization, "Content-Type": "application/json" };
  const answer = await fetch(address + path, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path} is answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

// Notes each call, and lists those that were not made.
function watch(sdk) {
  const all = new Set();
  const made = new Set();
  for (const group of ["advancedControls", "connections", "sync", "syncFlowSettings", "integrations"]) {
    const calls = sdk[group];
    for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(calls))) {
      if (name === "constructor") continue;
      const call = calls[name].bind(calls);
      all.add(`${group}.${name}`);
      calls[name] = (...args) => {
        made.add(`${group}.${name}`);
        return call(...args);
      };
    }
  }
  return () => [...all].filter((name) => !made.has(name)).sort();
}

function selectRequired(accounts) {
  for (const account of Object.values(accounts)) {
    if (account.required) account.selectedAccountId = account.accountOptions[0].id;
  }
}

// Makes every selection that a configuration of the API needs, as a merchant would.
function complete(configuration) {
  const { sales, payments, fees } = configuration.configuration;
  Object.assign(configuration.schedule, { selectedFrequency: "Daily", startDate: day, syncHour: 3 });
  for (const section of [sales, payments, fees]) selectRequired(section.accounts);
  sales.invoiceStatus.selectedInvoiceStatus = "submitted";
  sales.salesCustomer.selectedCustomerId = sales.salesCustomer.customerOptions[0].id;
  sales.grouping.groupingPeriod.selectedGroupingPeriod = "Daily";
  for (const rate of Object.values(sales.taxRates)) rate.selectedTaxRateId = rate.taxRateOptions[0].id;
  payments.syncPayments = true;
  fees.syncFees = true;
  fees.feesSupplier.selectedSupplierId = fees.feesSupplier.supplierOptions[0].id;
  return configuration;
}

const features = (integration) => [
  ...new Set(integration.datatypeFeatures.flatMap((each) => each.supportedFeatures.map((f) => f.featureType))),
];

async function errorOf(sdk) {
  try {
    await sdk.sync.list({ companyId: clientId });
  } catch (error) {
    return [error.statusCode, error.service, error.canBeRetried];
  }
}

const sdk = new CodatSyncCommerce({ authHeader: authorization, serverURL: address });
const notCalled = watch(sdk);
const company = await sdk.advancedControls.createCompany({ name: "SDK Café", description: "made by 5.0.0" });
const companyId = company.id;
const made = [];
for (const platformKey of ["lqai", "gbol"]) {
  made.push(await sdk.connections.create({ companyId, requestBody: { platformKey } }));
}
const authorised = await sdk.connections.updateAuthorization({
  companyId,
  connectionId: made[0].id,
  requestBody: { accessToken: "none" },
});
await send("POST", `/_mock/companies/${companyId}/authorize`);
const options = await sdk.advancedControls.getConfiguration({ companyId });
// The SDK's own call sends no body, so the selections are made over HTTP.
const path = `/config/companies/${companyId}/sync/commerce`;
await send("POST", path, complete(await send("GET", path)));
const configuration = await sdk.advancedControls.setConfiguration({ companyId });
for (const name of ["orders", "payments", "transactions"]) {
  await send("POST", `/companies/${companyId}/data/commerce-${name}`, []);
}
await send("POST", "/_mock/clock/advance", { minutes: 1 });
const latest = await sdk.sync.request({ companyId, syncToLatestArgs: { syncTo: "2022-03-21T20:00:00Z" } });
const historic = await sdk.sync.requestForDateRange({
  companyId,
  syncRange: { dateRange: { start: "2022-02-01T00:00:00Z", finish: day } },
});
const status = await sdk.sync.getStatus({ companyId });
const listed = await sdk.sync.list({ companyId });
const last = await sdk.sync.getLatestSync({ companyId });
const successful = await sdk.sync.getLastSuccessfulSync({ companyId });
const found = await sdk.sync.get({ companyId, syncId: status.syncId });
const companies = await sdk.advancedControls.listCompanies({ query: "name~café" });
const connections = await sdk.connections.list({ companyId, orderBy: "created" });
const integrations = await sdk.integrations.list({ page: 1 });
const branding = await sdk.integrations.getBranding({ platformKey: "gbol" });
const key = "configure-misc-nextButton";
const texts = await sdk.syncFlowSettings.updateConfigTextSyncFlow({
  locale: "en-us",
  requestBody: { [key]: { text: "Onwards", required: true } },
});
const shown = await sdk.syncFlowSettings.updateVisibleAccountsSyncFlow({
  platformKey: "gbol",
  visibleAccounts: { visibleAccounts: ["payments-accounts-cash"] },
});
const visible = await sdk.syncFlowSettings.getVisibleAccounts({ clientId, platformKey: "gbol" });
const flow = await sdk.connections.getSyncFlowUrl({
  commerceKey: "lqai",
  accountingKey: "gbol",
  merchantIdentifier: companyId,
});
const allTexts = await sdk.syncFlowSettings.getConfigTextSyncFlow({ locale: "en-us" });
const unlinked = await sdk.connections.updateConnection({
  companyId,
  connectionId: made[1].id,
  updateConnection: { status: "Unlinked" },
});
const report = {
  failed: {},
  company: [company.name, company.description],
  made: made.map((each) => [each.integrationKey, each.status]),
  authorised: authorised.status,
  enable: [options.enable, configuration.enable],
  configured: [options.configured, configuration.configured],
  syncHour: [options.schedule.syncHour, configuration.schedule.syncHour],
  latest: [latest.syncStatusCode, latest.syncStatus, latest.errorMessage],
  historic: [historic.syncStatusCode, historic.syncStatus],
  status: [status.syncStatusCode, status.syncId === found.syncId],
  listed: listed.map((each) => each.syncStatusCode),
  last: [last.syncStatus, successful.syncStatus, found.syncStatus],
  companies: companies.results.map((each) => each.id === companyId),
  connections: connections.results.map((each) => each.status),
  integrations: integrations.results.map((each) => [each.key, each.dataProvidedBy, features(each).sort()]),
  branding: branding.logo.full.image.alt,
  text: texts[key].text,
  texts: Object.keys(allTexts).length,
  visible: [shown.visibleAccounts, visible.visibleAccounts],
  flow: new URL(flow.url).pathname.split("/").slice(3).join("/"),
  unlinked: unlinked.status,
  unknownCompany: await errorOf(sdk),
};
console.log(JSON.stringify({ ...report, notCalled: notCalled() }));
