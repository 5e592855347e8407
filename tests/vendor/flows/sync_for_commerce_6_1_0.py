"""All 21 calls of codat-sync-for-commerce 6.1.0, the last SDK on PyPI."""

import re

import httpx
from codat_sync_for_commerce import CodatSyncCommerce
from codat_sync_for_commerce.models import errors, shared
from python_calls import ADDRESS, AUTHORIZATION, Calls, complete

DAY = "2022-03-21T00:00:00Z"
CLIENT = "a00a94a8-9443-4f1d-b658-bfb19d74c6bf"


def send(method, path, body=None):
    """What is no call of this SDK: the pushes, and what a merchant or a test does."""
    headers = {"Authorization": AUTHORIZATION}
    answer = httpx.request(method, ADDRESS + path, json=body, headers=headers)
    answer.raise_for_status()
    return answer.json()


def error_of(sdk):
    """The error that the SDK makes of an unknown company."""
    try:
        sdk.sync.list(request={"company_id": CLIENT})
    except errors.ErrorMessage as error:
        return [error.data.status_code, error.data.service, error.data.can_be_retried]


def main():
    sdk = CodatSyncCommerce(security=shared.Security(auth_header=AUTHORIZATION), server_url=ADDRESS)
    for group in ("sync_flow_settings", "advanced_controls", "connections", "sync", "integrations"):
        getattr(sdk, group)  # each is made at its first use
    calls = Calls(
        sdk,
        lambda group, name: (
            type(group).__module__.startswith("codat_sync_for_commerce.")
            and not re.search(r"^_|_async$|^do_request|^sdk_", name)
        ),
    )
    company = sdk.advanced_controls.create_company(
        request={"name": "SDK Café", "description": "made by 6.1.0"}
    )
    of_company = {"company_id": company.id}
    made = [
        sdk.connections.create(request={**of_company, "request_body": {"platform_key": key}})
        for key in ("lqai", "gbol")
    ]
    authorised = sdk.connections.update_authorization(
        request={
            **of_company, "connection_id": made[0].id, "request_body": {"accessToken": "none"},
        }
    )  # fmt: skip
    send("POST", f"/_mock/companies/{company.id}/authorize")
    options = sdk.advanced_controls.get_configuration(request=of_company)
    # The SDK's own call sends no body, so the selections are made over HTTP.
    path = f"/config/companies/{company.id}/sync/commerce"
    selected = complete(send("GET", path))
    selected["schedule"]["syncHour"] = 3
    send("POST", path, selected)
    configuration = sdk.advanced_controls.set_configuration(request=of_company)
    for name in ("orders", "payments", "transactions"):
        send("POST", f"/companies/{company.id}/data/commerce-{name}", [])
    send("POST", "/_mock/clock/advance", {"minutes": 1})
    latest = sdk.sync.request(
        request={**of_company, "sync_to_latest_args": {"sync_to": "2022-03-21T20:00:00Z"}}
    )
    historic = sdk.sync.request_for_date_range(
        request={
            **of_company,
            "sync_range": {"date_range": {"start": "2022-02-01T00:00:00Z", "finish": DAY}},
        }
    )
    status = sdk.sync.get_status(request=of_company)
    listed = sdk.sync.list(request=of_company)
    last = sdk.sync.get_latest_sync(request=of_company)
    successful = sdk.sync.get_last_successful_sync(request=of_company)
    found = sdk.sync.get(request={**of_company, "sync_id": status.sync_id})
    companies = sdk.advanced_controls.list_companies(request={"query": "name~café"})
    connections = sdk.connections.list(request={**of_company, "order_by": "created"})
    integrations = sdk.integrations.list(request={"page": 1})
    branding = sdk.integrations.get_branding(request={"platform_key": "gbol"})
    key = "configure-misc-nextButton"
    flow = sdk.sync_flow_settings
    texts = flow.update_config_text_sync_flow(
        request={
            "locale": "en-us",
            "request_body": {key: {"text": "Onwards", "required": True}},
        }
    )
    shown = flow.update_visible_accounts_sync_flow(
        request={
            "platform_key": "gbol",
            "visible_accounts": {"visible_accounts": ["payments-accounts-cash"]},
        }
    )
    visible = flow.get_visible_accounts(request={"client_id": CLIENT, "platform_key": "gbol"})
    unlinked = sdk.connections.update_connection(
        request={
            **of_company, "connection_id": made[1].id, "update_connection": {"status": "Unlinked"},
        }
    )  # fmt: skip
    calls.report(
        company=[company.name, company.description],
        made=[[each.integration_key, each.status.value] for each in made],
        authorised=authorised.status.value,
        enable=[options.enable, configuration.enable],
        configured=[options.configured, configuration.configured],
        syncHour=[options.schedule.sync_hour, configuration.schedule.sync_hour],
        latest=[latest.sync_status_code, latest.sync_status, latest.error_message],
        historic=[historic.sync_status_code, historic.sync_status],
        status=[status.sync_status_code, status.sync_id == found.sync_id],
        listed=[each.sync_status_code for each in listed],
        last=[last.sync_status, successful.sync_status, found.sync_status],
        companies=[each.id == company.id for each in companies.results],
        connections=[each.status.value for each in connections.results],
        integrations=[
            [
                each.key,
                each.data_provided_by,
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
        branding=branding.logo.full.image.alt,
        text=texts[key].text,
        texts=len(flow.get_config_text_sync_flow(request={"locale": "en-us"})),
        visible=[shown.visible_accounts, visible.visible_accounts],
        flow=sdk.connections.get_sync_flow_url(
            request={
                "commerce_key": "lqai", "accounting_key": "gbol", "merchant_identifier": company.id,
            }
        ).url.partition("?")[0].rpartition("/flow/")[2].partition("/")[2],
        unlinked=unlinked.status.value,
        unknownCompany=error_of(sdk),
    )  # fmt: skip


main()
