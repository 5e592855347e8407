"""Runs in an environment with the vendor's SDK 0.1.1: every one of its 16 methods.

Arguments: the mock's address and the Authorization header. Prints what the SDK parsed, as JSON.
"""

import dataclasses
import json
import sys
from datetime import datetime, timezone

import codat
from codat.models import operations, shared

ADDRESS, AUTHORIZATION = sys.argv[1:]
WHEN = datetime(2022, 3, 21, 11, 2, 17, tzinfo=timezone.utc)


def connect():
    sdk = codat.Codat()
    sdk.config_server_url(ADDRESS, None)
    sdk.config_security(shared.Security(api_key=AUTHORIZATION))
    return sdk


def create_company(sdk):
    body = operations.PostCompaniesRequestBody(name="SDK Café")
    answer = sdk.company_management.post_companies(operations.PostCompaniesRequest(request=body))
    return answer.post_companies_200_application_json_object


def add_connection(sdk, company_id):
    path = operations.AddDataConnectionPathParams(company_id=company_id)
    request = operations.AddDataConnectionRequest(path_params=path, request="gbol")
    answer = sdk.company_management.add_data_connection(request)
    return answer.add_data_connection_200_application_json_object


def authorise(sdk, company_id):
    # The merchant's part, which is no method of the SDK's.
    url = f"{ADDRESS}/_mock/companies/{company_id}/authorize"
    sdk._security_client.request("POST", url).raise_for_status()


def choose(accounts):
    for account in accounts.values():
        if account.required and account.account_options:
            account.selected_account_id = account.account_options[0].id


def configure(sdk, company_id):
    path = operations.GetSyncOptionsPathParams(company_id=company_id)
    answer = sdk.sync_configuration.get_sync_options(
        operations.GetSyncOptionsRequest(path_params=path)
    )
    # Options and configuration are the same object, under two names.
    options = answer.get_sync_options_200_application_json_object
    wanted = operations.ConfigureSyncRequestBody.from_dict(options.to_dict())
    mapping = wanted.configuration
    wanted.enabled = True
    wanted.schedule.selected_frequency = "Daily"
    wanted.schedule.start_date = WHEN.replace(hour=0, minute=0, second=0)
    wanted.schedule.sync_hour_utc = 3
    wanted.schedule.time_zone = "Europe/London"
    sales = mapping.sales
    choose(sales.accounts)
    sales.invoice_status.selected_invoice_status = "submitted"
    sales.sales_customer.selected_customer_id = sales.sales_customer.customer_options[0].id
    sales.grouping.grouping_period.selected_grouping_period = "Daily"
    for rate in sales.tax_rates.values():
        rate.selected_tax_rate_id = rate.tax_rate_options[0].id
    mapping.payments.sync_payments = mapping.fees.sync_fees = True
    choose(mapping.payments.accounts)
    choose(mapping.fees.accounts)
    supplier = mapping.fees.fees_supplier
    supplier.selected_supplier_id = supplier.supplier_options[0].id
    path = operations.ConfigureSyncPathParams(company_id=company_id)
    request = operations.ConfigureSyncRequest(path_params=path, request=wanted)
    answer = sdk.sync_configuration.configure_sync(request)
    return answer.configure_sync_200_application_json_object


def push_orders(sdk, company_id):
    line = operations.SendOrdersDataRequestBodyOrdersOrderLineItems(
        id="line-1", quantity=1, tax_percentage=20, total_amount=85.0, total_tax_amount=14.17
    )
    order = operations.SendOrdersDataRequestBodyOrders(
        id="order-1",
        country="GB ",
        currency="GBP",
        created_date=WHEN,
        total_amount=85.0,
        total_tax_amount=14.17,
        order_line_items=[line],
    )
    answer = sdk.sync_data.send_orders_data(
        operations.SendOrdersDataRequest(
            path_params=operations.SendOrdersDataPathParams(company_id=company_id),
            request=operations.SendOrdersDataRequestBody(orders=[order]),
        )
    )
    return answer.send_orders_data_200_application_json_object


def push_payments(sdk, company_id):
    payment = operations.SendPaymentsDataRequestBodyPayments(
        id="payment-1",
        amount=85.0,
        currency="GBP",
        type=operations.SendPaymentsDataRequestBodyPaymentsTypeEnum.CARD,
        status=operations.SendPaymentsDataRequestBodyPaymentsStatusEnum.PAID,
        created_date=WHEN,
    )
    answer = sdk.sync_data.send_payments_data(
        operations.SendPaymentsDataRequest(
            path_params=operations.SendPaymentsDataPathParams(company_id=company_id),
            request=operations.SendPaymentsDataRequestBody(payments=[payment]),
        )
    )
    return answer.send_payments_data_200_application_json_object


def transaction(kind, amount, source_kind, source_id):
    prefix = "SendTransactionsDataRequestBodyTransactions"
    types = getattr(operations, f"{prefix}TypeEnum")
    source_types = getattr(operations, f"{prefix}TransactionSourceRefTypeEnum")
    source = getattr(operations, f"{prefix}TransactionSourceRef")
    return operations.SendTransactionsDataRequestBodyTransactions(
        id="payment-1",
        total_amount=amount,
        currency="GBP",
        type=types(kind),
        transaction_source_ref=source(id=source_id, type=source_types(source_kind)),
        created_date=WHEN,
    )


def push_transactions(sdk, company_id):
    pushed = [
        transaction("Payment", 85.0, "Order", "order-1"),
        transaction("PaymentFee", -1.49, "Payment", "payment-1"),
    ]
    answer = sdk.sync_data.send_transactions_data(
        operations.SendTransactionsDataRequest(
            path_params=operations.SendTransactionsDataPathParams(company_id=company_id),
            request=operations.SendTransactionsDataRequestBody(transactions=pushed),
        )
    )
    return answer.send_transactions_data_200_application_json_object


def history_status(sdk, company_id, dataset_id):
    path = operations.CheckDataStatusPathParams(company_id=company_id, dataset_id=dataset_id)
    return sdk.sync_data.check_data_status(operations.CheckDataStatusRequest(path_params=path))


def sync_now(sdk, company_id):
    answer = sdk.sync.post_sync_latest(
        operations.PostSyncLatestRequest(
            path_params=operations.PostSyncLatestPathParams(company_id=company_id),
            request=operations.PostSyncLatestRequestBody(sync_to=WHEN.replace(hour=20)),
        )
    )
    return answer.post_sync_latest_200_application_json_object


def sync_status(sdk, company_id):
    path = operations.GetCompanyCommerceSyncStatusPathParams(company_id=company_id)
    return sdk.sync_configuration.get_company_commerce_sync_status(
        operations.GetCompanyCommerceSyncStatusRequest(path_params=path)
    )


def mend_links():
    # A wrapper that the SDK puts around `__init__` clashes with the property `self` of `_links`:
    # as released, it reads no list of the service at all, whatever stands in it.
    for name in ("Companies", "GetDataconnections", "GetIntegrations"):
        links = getattr(operations, f"{name}200ApplicationJSONLinks")
        del links.__init__
        dataclasses.dataclass(links)


def clash_of_links(sdk):
    try:
        list_companies(sdk)
    except TypeError as error:
        return str(error).rpartition("()")[2].strip()
    return None


def list_companies(sdk):
    query = operations.CompaniesQueryParams(page=1, page_size=10, query="name~café")
    answer = sdk.company_management.companies(operations.CompaniesRequest(query_params=query))
    return answer.companies_200_application_json_object


def list_connections(sdk, company_id):
    path = operations.GetDataconnectionsPathParams(company_id=company_id)
    query = operations.GetDataconnectionsQueryParams(page=1, order_by="-status")
    request = operations.GetDataconnectionsRequest(path_params=path, query_params=query)
    answer = sdk.company_management.get_dataconnections(request)
    return answer.get_dataconnections_200_application_json_object


def unlink(sdk, company_id, connection_id):
    path = operations.UpdateDataConnectionPathParams(
        company_id=company_id, connection_id=connection_id
    )
    body = operations.UpdateDataConnectionRequestBody(status="Unlinked")
    request = operations.UpdateDataConnectionRequest(path_params=path, request=body)
    answer = sdk.company_management.update_data_connection(request)
    return answer.update_data_connection_200_application_json_object


def list_integrations(sdk):
    query = operations.GetIntegrationsQueryParams(page=1)
    answer = sdk.integrations.get_integrations(
        operations.GetIntegrationsRequest(query_params=query)
    )
    return answer.get_integrations_200_application_json_object


def branding_status(sdk):
    path = operations.GetIntegrationBrandingPathParams(platform_key="gbol")
    request = operations.GetIntegrationBrandingRequest(path_params=path)
    return sdk.integrations.get_integration_branding(request).status_code


def flow_status(sdk, company_id):
    path = operations.GetSyncFlowURLPathParams(accounting_key="gbol", commerce_key="lqai")
    query = operations.GetSyncFlowURLQueryParams(merchant_identifier=company_id)
    request = operations.GetSyncFlowURLRequest(path_params=path, query_params=query)
    return sdk.sync_configuration.get_sync_flow_url(request).status_code


def main():
    sdk = connect()
    company = create_company(sdk)
    connection = add_connection(sdk, company.id)
    authorise(sdk, company.id)
    configuration = configure(sdk, company.id)
    orders = push_orders(sdk, company.id)
    payments = push_payments(sdk, company.id)
    transactions = push_transactions(sdk, company.id)
    advance = f"{ADDRESS}/_mock/clock/advance"
    sdk._security_client.request("POST", advance, json={"minutes": 1}).raise_for_status()
    summary = sync_now(sdk, company.id)
    clash = clash_of_links(sdk)
    mend_links()
    told = {
        "clash": clash,
        "company": company.name,
        "companyConnections": [c.status for c in company.data_connections],
        "connection": connection.status,
        "configured": configuration.configured,
        "startDate": configuration.schedule.start_date.isoformat(),
        "order": orders.data.orders[0].total_amount,
        "payment": payments.data.payments[0].status.value,
        "transactions": [t.type.value for t in transactions.data.transactions],
        "history": history_status(sdk, company.id, orders.dataset_id).status_code,
        "sync": [summary.sync_status_code, summary.data_pushed, summary.error_message],
        "syncUtc": summary.sync_utc.isoformat(),
        "status": sync_status(sdk, company.id).status_code,
        "companies": [each.id == company.id for each in list_companies(sdk).results],
        "connections": [each.status for each in list_connections(sdk, company.id).results],
        "integrations": [each.source_type.value for each in list_integrations(sdk).results],
        "branding": branding_status(sdk),
        "flow": flow_status(sdk, company.id),
        "unlinked": unlink(sdk, company.id, connection.id).status,
    }
    json.dump(told, sys.stdout)


main()
