"""All 16 calls of codat-synccommerce 0.1.1 and 0.4.0, the SDKs of the beta.

Both have the same calls; 0.1.1 nests path and query in the request, 0.4.0 does not.
"""

import dataclasses
from datetime import datetime, timezone

import codat
from codat.models import operations, shared
from python_calls import ADDRESS, AUTHORIZATION, Calls

IS_NESTED = hasattr(operations, "CompaniesQueryParams")
WHEN = datetime(2022, 3, 21, 11, 2, 17, tzinfo=timezone.utc)


def connect():
    if IS_NESTED:
        sdk = codat.Codat()
        sdk.config_server_url(ADDRESS, None)
        sdk.config_security(shared.Security(api_key=AUTHORIZATION))
        return sdk
    [scheme] = dataclasses.fields(shared.Security)
    return codat.Codat(shared.Security(**{scheme.name: AUTHORIZATION}), ADDRESS)


def request(name, path, query, body):
    """The request of one call, in the form of this SDK."""
    kind = getattr(operations, f"{name}Request")
    if IS_NESTED:
        parts = {
            "path_params": path and getattr(operations, f"{name}PathParams")(**path),
            "query_params": query and getattr(operations, f"{name}QueryParams")(**query),
            "request": body,
        }
        return kind(**{part: value for part, value in parts.items() if value})
    return kind(**path, **query, **({} if body is None else {"request_body": body}))


def call(method, name, path=None, query=None, body=None):
    """Make one call; the object that the SDK made of the answer, or the status."""
    if not IS_NESTED and name == "PostCompanies":
        answer = method(body)
    else:
        answer = method(request(name, path or {}, query or {}, body))
    objects = [value for field, value in vars(answer).items() if field.endswith("_object")]
    if answer.status_code != 200:
        raise RuntimeError(f"{name} is answered {answer.status_code}: {answer.raw_response.text}")
    return objects[0] if objects else answer.status_code


def post(sdk, path, body=None):
    """What a merchant or a test does, which is no call of the SDK."""
    sdk._security_client.request("POST", ADDRESS + path, json=body).raise_for_status()


def select_required(accounts):
    for account in accounts.values():
        if account.required and account.account_options:
            account.selected_account_id = account.account_options[0].id


def complete(configuration):
    """Make every selection that a configuration needs."""
    mapping, schedule = configuration.configuration, configuration.schedule
    configuration.enabled = True
    schedule.selected_frequency = "Daily"
    schedule.start_date = WHEN.replace(hour=0, minute=0, second=0)
    schedule.sync_hour_utc = 3
    schedule.time_zone = "Europe/London"
    sales = mapping.sales
    select_required(sales.accounts)
    sales.invoice_status.selected_invoice_status = "submitted"
    sales.sales_customer.selected_customer_id = sales.sales_customer.customer_options[0].id
    sales.grouping.grouping_period.selected_grouping_period = "Daily"
    for rate in sales.tax_rates.values():
        rate.selected_tax_rate_id = rate.tax_rate_options[0].id
    mapping.payments.sync_payments = mapping.fees.sync_fees = True
    select_required(mapping.payments.accounts)
    select_required(mapping.fees.accounts)
    supplier = mapping.fees.fees_supplier
    supplier.selected_supplier_id = supplier.supplier_options[0].id
    return configuration


def pushed(name, **properties):
    """An object of a push, by the end of its class's name."""
    return getattr(operations, f"Send{name}")(**properties)


def orders():
    line = pushed(
        "OrdersDataRequestBodyOrdersOrderLineItems",
        id="line-1", quantity=1, tax_percentage=20, total_amount=85.0, total_tax_amount=14.17,
    )  # fmt: skip
    order = pushed(
        "OrdersDataRequestBodyOrders",
        id="order-1", country="GB ", currency="GBP", created_date=WHEN, total_amount=85.0,
        total_tax_amount=14.17, order_line_items=[line],
    )  # fmt: skip
    return pushed("OrdersDataRequestBody", orders=[order])


def payments():
    prefix = "SendPaymentsDataRequestBodyPayments"
    payment = pushed(
        "PaymentsDataRequestBodyPayments",
        id="payment-1", amount=85.0, currency="GBP", created_date=WHEN,
        type=getattr(operations, f"{prefix}TypeEnum").CARD,
        status=getattr(operations, f"{prefix}StatusEnum").PAID,
    )  # fmt: skip
    return pushed("PaymentsDataRequestBody", payments=[payment])


def transaction(kind, amount, source_kind, source_id):
    prefix = "TransactionsDataRequestBodyTransactions"
    types = getattr(operations, f"Send{prefix}TypeEnum")
    source_types = getattr(operations, f"Send{prefix}TransactionSourceRefTypeEnum")
    source = pushed(f"{prefix}TransactionSourceRef", id=source_id, type=source_types(source_kind))
    return pushed(
        prefix, id="payment-1", total_amount=amount, currency="GBP", type=types(kind),
        transaction_source_ref=source, created_date=WHEN,
    )  # fmt: skip


def transactions():
    both = [
        transaction("Payment", 85.0, "Order", "order-1"),
        transaction("PaymentFee", -1.49, "Payment", "payment-1"),
    ]
    return pushed("TransactionsDataRequestBody", transactions=both)


def repair_links():
    """Undo a fault of both SDKs: neither can read any list of the service."""
    for name in ("Companies", "GetDataconnections", "GetIntegrations"):
        links = getattr(operations, f"{name}200ApplicationJSONLinks")
        del links.__init__
        dataclasses.dataclass(links)


def main():
    sdk = connect()
    calls = Calls(sdk, lambda _, name: not name.startswith("_"))
    management, data = sdk.company_management, sdk.sync_data
    settings = sdk.sync_configuration
    body = operations.PostCompaniesRequestBody(name="SDK Café")
    company = call(management.post_companies, "PostCompanies", body=body)
    path = {"company_id": company.id}
    connection = call(management.add_data_connection, "AddDataConnection", path, body="gbol")
    post(sdk, f"/_mock/companies/{company.id}/authorize")
    # Options and configuration are the same object, under two names.
    options = call(settings.get_sync_options, "GetSyncOptions", path)
    selected = complete(operations.ConfigureSyncRequestBody.from_dict(options.to_dict()))
    configuration = call(settings.configure_sync, "ConfigureSync", path, body=selected)
    pushes = [
        call(data.send_orders_data, "SendOrdersData", path, body=orders()),
        call(data.send_payments_data, "SendPaymentsData", path, body=payments()),
        call(data.send_transactions_data, "SendTransactionsData", path, body=transactions()),
    ]
    post(sdk, "/_mock/clock/advance", {"minutes": 1})
    until = operations.PostSyncLatestRequestBody(sync_to=WHEN.replace(hour=20))
    sync = call(sdk.sync.post_sync_latest, "PostSyncLatest", path, body=until)
    dataset = {**path, "dataset_id": pushes[0].dataset_id}
    calls.attempt(call, management.companies, "Companies", None, {"page": 1})
    repair_links()
    companies = {"page": 1, "page_size": 10, "query": "name~café"}
    start = {"accounting_key": "gbol", "commerce_key": "lqai"}
    identifier = {"merchant_identifier": company.id}
    calls.report(
        company=company.name,
        companyConnections=[each.status for each in company.data_connections],
        connection=connection.status,
        enabled=[options.enabled, configuration.enabled],
        configured=[options.configured, configuration.configured],
        startDate=configuration.schedule.start_date.isoformat(),
        syncHourUtc=configuration.schedule.sync_hour_utc,
        order=pushes[0].data.orders[0].total_amount,
        payment=pushes[1].data.payments[0].status.value,
        transactions=[each.type.value for each in pushes[2].data.transactions],
        history=call(data.check_data_status, "CheckDataStatus", dataset),
        sync=[sync.sync_status_code, sync.sync_status, sync.data_pushed, sync.error_message],
        syncUtc=sync.sync_utc.isoformat(),
        hasCommerceSyncId=bool(sync.commerce_sync_id),
        status=call(
            settings.get_company_commerce_sync_status, "GetCompanyCommerceSyncStatus", path
        ),
        companies=[
            each.id == company.id
            for each in call(management.companies, "Companies", None, companies).results
        ],
        connections=[
            each.status
            for each in call(
                management.get_dataconnections, "GetDataconnections", path,
                {"page": 1, "order_by": "-status"},
            ).results
        ],
        integrations=[
            [each.key, each.source_type.value, each.supported_environments.value]
            for each in call(
                sdk.integrations.get_integrations, "GetIntegrations", None, {"page": 1}
            ).results
        ],
        branding=call(
            sdk.integrations.get_integration_branding, "GetIntegrationBranding",
            {"platform_key": "gbol"},
        ),
        flow=call(settings.get_sync_flow_url, "GetSyncFlowURL", start, identifier),
        unlinked=call(
            management.update_data_connection, "UpdateDataConnection",
            {**path, "connection_id": connection.id},
            body=operations.UpdateDataConnectionRequestBody(status="Unlinked"),
        ).status,
    )  # fmt: skip


main()
