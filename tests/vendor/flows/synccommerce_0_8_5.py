"""All 17 calls of codat-synccommerce 0.8.5, the last SDK of that name."""

import codat
from codat.models import operations, shared
from python_calls import ADDRESS, AUTHORIZATION, Calls, complete

DAY = "2022-03-21T00:00:00Z"


def result(answer):
    """What the SDK made of an answer; raises where the answer is an error."""
    if answer.status_code != 200:
        raise RuntimeError(f"answered {answer.status_code}: {answer.raw_response.text}")
    plain = {"content_type", "status_code", "raw_response"}
    objects = [value for name, value in vars(answer).items() if name not in plain]
    return objects[0] if objects else answer.status_code


def send(sdk, method, path, body=None):
    """What is no call of this SDK: the pushes, and what a merchant or a test does."""
    answer = sdk._security_client.request(method, ADDRESS + path, json=body)
    answer.raise_for_status()
    return answer.json()


def main():
    sdk = codat.Codat(shared.Security(auth_header=AUTHORIZATION), ADDRESS)
    calls = Calls(sdk, lambda _, name: not name.startswith("_"))
    management, flow = sdk.company_management, sdk.sync_flow_preferences
    company = result(management.create_company(shared.CreateCompany(name="SDK Café")))
    connection = result(
        management.create_connection(operations.CreateConnectionRequest(company.id, "gbol"))
    )
    send(sdk, "POST", f"/_mock/companies/{company.id}/authorize")
    # The SDK's own call sends no body, so the selections are made over HTTP.
    path = f"/config/companies/{company.id}/sync/commerce"
    send(sdk, "POST", path, complete(send(sdk, "GET", path)))
    for name in ("orders", "payments", "transactions"):
        send(sdk, "POST", f"/data/companies/{company.id}/sync/commerce-{name}", {name: []})
    send(sdk, "POST", "/_mock/clock/advance", {"minutes": 1})
    configuration = result(
        sdk.configuration.get_configuration(operations.GetConfigurationRequest(company.id))
    )
    unchanged = result(
        sdk.configuration.set_configuration(operations.SetConfigurationRequest(company.id))
    )
    latest = result(
        sdk.sync.request_sync(
            operations.RequestSyncRequest(
                company.id, shared.SyncToLatestArgs(sync_to="2022-03-21T20:00:00Z")
            )
        )
    )
    historic = result(
        sdk.sync.request_sync_for_date_range(
            operations.RequestSyncForDateRangeRequest(
                company.id, shared.DateRange(start="2022-02-01T00:00:00Z", finish=DAY)
            )
        )
    )
    companies = result(
        management.list_companies(operations.ListCompaniesRequest(page=1, query="name~café"))
    )
    connections = result(
        management.list_connections(operations.ListConnectionsRequest(company.id, page=1))
    )
    integrations = result(
        sdk.integrations.list_integrations(operations.ListIntegrationsRequest(page=1))
    )
    changed = {"configure-misc-nextButton": shared.Localization(text="Onwards", required=True)}
    texts = result(flow.update_config_text_sync_flow(changed))
    shown = shared.VisibleAccounts(["payments-accounts-cash"])
    client = "a00a94a8-9443-4f1d-b658-bfb19d74c6bf"
    visible = operations.UpdateVisibleAccountsSyncFlowRequest("lqai", shown)
    calls.report(
        company=company.name,
        platform=company.platform,
        connection=[connection.status.value, connection.integration_key],
        configuration=[configuration.to_dict(), unchanged.to_dict()],
        latest=[latest.sync_status_code, latest.sync_status, latest.error_message],
        historic=[historic.sync_status_code, historic.sync_status],
        status=result(
            sdk.configuration.get_sync_status(operations.GetSyncStatusRequest(company.id))
        ),
        companies=[each.id == company.id for each in companies.results],
        connections=[[each.source_type.value, each.status.value] for each in connections.results],
        integrations=[
            [
                each.key,
                sorted(
                    {
                        feature.feature_type.value
                        for data_type in each.datatype_features
                        for feature in data_type.supported_features
                    }
                ),
            ]
            for each in integrations.results
        ],
        branding=result(
            sdk.integrations.get_integration_branding(
                operations.GetIntegrationBrandingRequest("gbol")
            )
        ),
        text=texts["configure-misc-nextButton"].text,
        texts=len(result(flow.get_config_text_sync_flow())),
        visible=[
            result(flow.update_visible_accounts_sync_flow(visible)).visible_accounts,
            result(
                flow.get_visible_accounts(operations.GetVisibleAccountsRequest(client, "lqai"))
            ).visible_accounts,
        ],
        flow=result(
            flow.get_sync_flow_url(
                operations.GetSyncFlowURLRequest("gbol", "lqai", merchant_identifier=company.id)
            )
        )
        .url.partition("?")[0]
        .rpartition("/flow/")[2]
        .partition("/")[2],
        unlinked=result(
            management.update_connection(
                operations.UpdateConnectionRequest(
                    company.id, connection.id, shared.UpdateConnection(status="Unlinked")
                )
            )
        ).status.value,
    )


main()
