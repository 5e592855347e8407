"""The vendor's answers as strict JSON schemas, written down by hand from the contract.

They are the test's own copy: nothing here comes from the mock, and no property beside those listed
is allowed. A name that ends in "?" may be absent. Sources: contract sections 1 to 7 and its second
part (the letters in the comments are its sections).
"""

from __future__ import annotations

import re
from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
URL: Schema = {"type": "string", "pattern": r"^https?://[^\s]+$"}
IMAGE: Schema = {"type": "string", "pattern": r"^(https?://|data:image/)[^\s]+$"}
ID: Schema = {
    "type": "string",
    "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
}
# UTC with "Z", up to 7 digits of a second, the last of which is not 0.
TIME: Schema = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?Z$",
}


def one_of(*values: str) -> Schema:
    return {"enum": [*values]}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def map_of(value: Schema, keys: str = "") -> Schema:
    return {"type": "object", "additionalProperties": value, "propertyNames": {"pattern": keys}}


def obj(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": {name.rstrip("?"): schema for name, schema in properties.items()},
        "required": [name for name in properties if not name.endswith("?")],
        "additionalProperties": False,
    }


def page_of(item: Schema) -> Schema:
    link = obj({"href": TEXT})
    links = obj({"self": link, "current": link, "next?": link, "previous?": link})
    return obj(
        {
            "results": list_of(item),
            "pageNumber": WHOLE,
            "pageSize": WHOLE,
            "totalResults": WHOLE,
            "_links": links,
        }
    )


ERROR = obj(
    {
        "statusCode": WHOLE,
        "service": {"const": "PublicApi"},
        "error": {"type": "string", "minLength": 1},
        "correlationId": ID,
        "validation": or_null(
            obj(
                {
                    kind: list_of(obj({"itemId": TEXT, "message": TEXT, "validatorName": TEXT}))
                    for kind in ("errors", "warnings")
                }
            )
        ),
        "canBeRetried": one_of("True", "False", "Unknown"),
        "detailedErrorCode": WHOLE,
    }
)

# Section 7; A13: `integrationKey` is in the documentation's sample, not in the beta's document.
SOURCE_TYPE = one_of("Unknown", "Accounting", "Banking", "BankFeed", "Commerce", "Expense", "Other")
CONNECTION = obj(
    {
        "id": ID,
        "integrationId": ID,
        "integrationKey": {"type": "string", "pattern": "^[a-z]{4}$"},
        "sourceId": ID,
        "sourceType": SOURCE_TYPE,
        "platformName": TEXT,
        "linkUrl": URL,
        "status": one_of("PendingAuth", "Linked", "Unlinked", "Deauthorized"),
        "lastSync?": TIME,
        "created": TIME,
        "dataConnectionErrors": list_of(
            obj(
                {"statusCode": TEXT, "statusText": TEXT, "errorMessage": TEXT, "erroredOnUtc": TIME}
            )
        ),
    }
)
COMPANY = {
    "id": ID,
    "name": {"type": "string", "pattern": r"^[\w \-'&@.,?!]+$"},  # A14
    "redirect": URL,
    "lastSync?": TIME,
    "created": TIME,
    "createdByUserName": or_null(TEXT),
    "dataConnections": list_of(CONNECTION),
}
BETA_COMPANY = obj({**COMPANY, "platform": TEXT})
LATER_COMPANY = obj({**COMPANY, "description?": TEXT})

FEATURE_TYPE = one_of(
    "Get", "Post", "Categorization", "Delete", "Put", "GetAsPdf", "DownloadAttachment",
    "GetAttachment", "GetAttachments", "UploadAttachment",
)  # fmt: skip
FEATURE_STATE = one_of(
    "Release", "Alpha", "Beta", "Deprecated", "NotSupported", "NotImplemented"
)  # fmt: skip
INTEGRATION = obj(  # A1, A11
    {
        "key": one_of("lqai", "gbol", "qhyg", "fbrh"),
        "integrationId": ID,
        "sourceId": ID,
        "sourceType": SOURCE_TYPE,
        "name": TEXT,
        "logoUrl": IMAGE,
        "enabled": FLAG,
        "isBeta": FLAG,
        "isOfflineConnector": FLAG,
        "supportedEnvironments": one_of("Unknown", "SandboxOnly", "LiveOnly", "LiveAndSandbox"),
        "linkedConnectionsCount": WHOLE,
        "totalConnectionsCount": WHOLE,
        "dataProvidedBy": {"const": "Codat"},
        "datatypeFeatures": list_of(
            obj(
                {
                    "datatype": TEXT,
                    "supportedFeatures": list_of(
                        obj({"featureType": FEATURE_TYPE, "featureState": FEATURE_STATE})
                    ),
                }
            )
        ),
    }
)
PICTURE = obj({"image": obj({"src": IMAGE, "alt": TEXT})})
BRANDING = obj(
    {
        "logo": obj({"full": PICTURE, "square": PICTURE}),
        "button": obj({"default": PICTURE, "hover": PICTURE}),
        "sourceId": ID,
    }
)

# Section 5, A4, A5, A7: null only where the beta's document allows it.
OPTION = obj({"id": TEXT, "name": or_null(TEXT)})
ACCOUNTS = or_null(
    map_of(
        obj(
            {
                "labelText": or_null(TEXT),
                "descriptionText": or_null(TEXT),
                "selectedAccountId": or_null(TEXT),
                "required": FLAG,
                "accountOptions": or_null(
                    list_of(
                        obj(
                            {
                                "id": TEXT,
                                "name": or_null(TEXT),
                                "nominalCode": or_null(TEXT),
                                "classification": one_of("nominal", "bank"),  # A8
                            }
                        )
                    )
                ),
            }
        )
    )
)
GROUP_BY = obj(
    {
        "selectedGroupByOptions": or_null(list_of(TEXT)),
        "groupByOptions": or_null(list_of(TEXT)),
    }
)
SALES = obj(
    {
        "syncSales": FLAG,
        "accounts": ACCOUNTS,
        "invoiceStatus": obj(
            {
                "selectedInvoiceStatus": or_null(one_of("draft", "submitted")),
                "invoiceStatusOptions": or_null(list_of(one_of("draft", "submitted"))),
            }
        ),
        "salesCustomer": obj(
            {"selectedCustomerId": or_null(TEXT), "customerOptions": or_null(list_of(OPTION))}
        ),
        "taxRates": or_null(
            map_of(
                obj(
                    {
                        "selectedTaxRateId": or_null(TEXT),
                        "taxRateOptions": or_null(list_of(OPTION)),
                    }
                ),
                r"^-?\d+(\.\d+)?$",  # A8
            )
        ),
        "newTaxRates": obj(
            {
                "accountingTaxRateOptions": or_null(list_of(OPTION)),
                "commerceTaxRateOptions": or_null(list_of(OPTION)),
                "taxRateMappings": or_null(
                    list_of(
                        obj(
                            {
                                "selectedCommerceTaxRateIds": or_null(list_of(TEXT)),
                                "selectedAccountingTaxRateId": or_null(TEXT),
                            }
                        )
                    )
                ),
                "selectedDefaultZeroTaxRateId": or_null(TEXT),
                "defaultZeroTaxRateOptions": or_null(list_of(OPTION)),
            }
        ),
        "grouping": obj(
            {
                "groupingPeriod": obj(
                    {
                        "selectedGroupingPeriod": or_null(TEXT),
                        "groupingPeriodOptions": or_null(list_of(TEXT)),
                    }
                ),
                "groupingLevels": obj({"invoiceLevel": GROUP_BY, "invoiceLineLevel": GROUP_BY}),
            }
        ),
    }
)
PAYMENTS = obj({"syncPayments": FLAG, "accounts": ACCOUNTS})
FEES = obj(
    {
        "syncFees": FLAG,
        "feesSupplier": obj(
            {"selectedSupplierId": or_null(TEXT), "supplierOptions": or_null(list_of(OPTION))}
        ),
        "accounts": ACCOUNTS,
    }
)
FREQUENCY = one_of("Daily", "Monthly")
HOUR = {"type": "integer", "minimum": 0, "maximum": 23}
CONFIGURATION = obj(
    {
        "companyId": ID,
        "accountingSoftwareCompanyName?": TEXT,
        "enabled": FLAG,
        "enable?": FLAG,  # H: since April 2024
        "configured": FLAG,
        "schedule": obj(
            {
                "selectedFrequency?": FREQUENCY,
                "frequencyOptions": list_of(FREQUENCY),
                "startDate?": TIME,
                "syncHourUtc": HOUR,
                "syncHour?": HOUR,  # H
                "timeZone": TEXT,
            }
        ),
        "configuration": obj(
            {
                "sales": SALES,
                "payments": PAYMENTS,
                "newPayments": PAYMENTS,
                "fees": FEES,
                "mapSettings?": obj({"outputFormat?": one_of("JournalEntry")}),
                "countryCode?": TEXT,
            }
        ),
    }
)

# Section 6, A15 and C.
SYNC_CODE = {"enum": [1000, 1010, 2000, 2040, 4000, 4040, 4200, 4220, 4260, 5000, 5080, 5120, 5130]}
SYNC_STATUS = one_of(
    "NotStarted", "Started", "Pending", "Pushing", "Complete", "MapCoreError", "ValidateError",
    "PushError",
)  # fmt: skip
COMPANY_SYNC_STATUS = {
    "companyId": ID,
    "syncId": ID,
    "syncStatusCode": SYNC_CODE,
    "syncStatus": SYNC_STATUS,
    "errorMessage": TEXT,
    "syncExceptionMessage": TEXT,
    "syncUtc": TIME,
    "dataPushed": FLAG,
}
STARTED_SYNC = {
    **{name: schema for name, schema in COMPANY_SYNC_STATUS.items() if name != "syncId"},
    "commerceSyncId": ID,
    "syncDateRangeUtc": obj({"start": TIME, "finish": TIME}),
    "dataConnections": list_of(CONNECTION),
}

# Section 4.
DATASET = obj(
    {
        "id": ID,
        "companyId": ID,
        "connectionId": ID,
        "dataType": TEXT,
        "status": one_of(
            "Initial", "Queued", "Fetching", "MapQueued", "Mapping", "ValidationQueued",
            "Validating", "ProcessingQueued", "Processing", "Complete", "FetchError", "MapError",
            "ValidationError", "ProcessingError", "AuthError", "InternalError", "RateLimitError",
            "PermissionsError", "PrerequisiteNotMet", "Cancelled", "NotSupported",
        ),
        "statusDescription?": TEXT,
        "errorMessage?": TEXT,
        "requested": TIME,
        "completed?": TIME,
        "progress": {"type": "integer", "minimum": 0, "maximum": 100},
        "isCompleted": FLAG,
        "isErrored": FLAG,
    }
)  # fmt: skip

# E: the texts, and the accounts shown.
TEXTS = map_of({"anyOf": [obj({"text?": or_null(TEXT), "required?": FLAG}), or_null(TEXT)]})
VISIBLE_ACCOUNTS = obj({"visibleAccounts": or_null(list_of(TEXT))})

# F.
RULE_TYPE = one_of(
    "Data sync completed", "Dataset data changed", "Data Sync Status Changed To Error",
    "DataConnectionStatusChanged", "New company synchronised", "Sync Connection Deleted",
    "Account Categories Updated", "Push Operation Status Changed()", "Push Operation Timed Out",
)  # fmt: skip
ALERT_RULE = obj(
    {
        "id": ID,
        "companyId?": ID,
        "type": RULE_TYPE,
        "notifiers": obj({"emails?": list_of(TEXT), "webhook?": TEXT}),
    }
)

RECORD: Schema = {"type": "object"}  # as pushed: a test compares it with what was sent


def pushed(name: str) -> Schema:
    data = obj({f"{name}?": or_null(list_of(RECORD)), "contractVersion?": or_null(TEXT)})
    return obj({"data": data, "datasetId": ID})


NOTHING: None = None  # an answer without a body
ANSWERS: dict[str, Schema | None] = {
    # The beta (section 2).
    "GET /meta/companies": page_of(BETA_COMPANY),
    "POST /meta/companies/sync": BETA_COMPANY,
    "GET /meta/companies/{companyId}/connections": page_of(CONNECTION),
    "POST /meta/companies/{companyId}/connections": CONNECTION,
    "PATCH /meta/companies/{companyId}/connections/{connectionId}": CONNECTION,
    "GET /config/integrations": page_of(INTEGRATION),
    "GET /config/integrations/{platformKey}/branding": BRANDING,
    "GET /config/sync/commerce/{commerceKey}/{accountingKey}/start": obj({"url": URL}),
    "GET /config/companies/{companyId}/sync/commerce": CONFIGURATION,
    "POST /config/companies/{companyId}/sync/commerce": CONFIGURATION,
    "POST /data/companies/{companyId}/sync/commerce-orders": pushed("orders"),
    "POST /data/companies/{companyId}/sync/commerce-payments": pushed("payments"),
    "POST /data/companies/{companyId}/sync/commerce-transactions": pushed("transactions"),
    "GET /meta/companies/{companyId}/pull/history/{datasetId}": DATASET,
    # No schema in the beta's document: section 6 names these properties.
    "GET /meta/companies/{companyId}/sync/commerce/status": obj({**STARTED_SYNC, "syncId": ID}),
    "POST /companies/{companyId}/sync/commerce/latest": obj(STARTED_SYNC),
    # The later generation (section 2).
    "GET /companies": page_of(LATER_COMPANY),
    "POST /companies": LATER_COMPANY,
    "GET /companies/{companyId}": LATER_COMPANY,
    "GET /companies/{companyId}/connections": page_of(CONNECTION),
    "POST /companies/{companyId}/connections": CONNECTION,
    "PATCH /companies/{companyId}/connections/{connectionId}": CONNECTION,
    "PUT /companies/{companyId}/connections/{connectionId}/authorization": CONNECTION,
    "POST /meta/companies/{companyId}/sync/commerce/historic": obj(STARTED_SYNC),
    "GET /companies/{companyId}/sync/commerce/syncs/latest/status": obj(COMPANY_SYNC_STATUS),
    "GET /companies/{companyId}/sync/commerce/syncs/lastSuccessful/status": obj(
        COMPANY_SYNC_STATUS
    ),
    "GET /companies/{companyId}/sync/commerce/syncs/list/status": list_of(obj(COMPANY_SYNC_STATUS)),
    "GET /companies/{companyId}/sync/commerce/syncs/{syncId}/status": obj(COMPANY_SYNC_STATUS),
    "GET /companies/{companyId}/data/history/{datasetId}": DATASET,
    "GET /companies/{companyId}/data/history": page_of(DATASET),
    "GET /sync/commerce/config/ui/text": TEXTS,
    "PATCH /sync/commerce/config/ui/text": TEXTS,
    "GET /clients/{clientId}/config/ui/accounts/platform/{platformKey}": VISIBLE_ACCOUNTS,
    "POST /sync/commerce/config/ui/accounts/platform/{platformKey}": VISIBLE_ACCOUNTS,
    "POST /companies/{companyId}/data/commerce-orders": list_of(RECORD),
    "POST /companies/{companyId}/data/commerce-payments": list_of(RECORD),
    "POST /companies/{companyId}/data/commerce-transactions": list_of(RECORD),
    # H: what the documents have beside these.
    "PATCH /sync/commerce/config/ui/accounts/platform/{platformKey}": VISIBLE_ACCOUNTS,
    "GET /meta/companies/{companyId}/pull/history/": page_of(DATASET),
    "GET /companies/{companyId}/sync/status/lastSuccessful": obj(COMPANY_SYNC_STATUS),
    "POST /companies/{companyId}/sync/historic": obj(STARTED_SYNC),
    "DELETE /companies/{companyId}": NOTHING,
    "GET /companies/{companyId}/connections/{connectionId}": CONNECTION,
    "DELETE /companies/{companyId}/connections/{connectionId}": NOTHING,
    "PUT /companies/{companyId}/data/commerce-locations": list_of(RECORD),
    "PUT /companies/{companyId}/data/commerce-products": list_of(RECORD),
    "PUT /companies/{companyId}/data/commerce-taxComponents": list_of(RECORD),
    "PUT /companies/{companyId}/data/commerce-paymentMethods": list_of(RECORD),
    "PUT /companies/{companyId}/data/commerce-productCategories": obj(
        {
            "ContractVersion?": or_null(TEXT),
            "ProductCategories": list_of(obj({"id": TEXT, "name?": or_null(TEXT)})),
        }
    ),
    "GET /rules": page_of(ALERT_RULE),
    "POST /rules": ALERT_RULE,
    "PUT /rules/{ruleId}": ALERT_RULE,
}


def names_in(path: str) -> list[str]:
    """The names of the parameters in a path."""
    return re.findall(r"{(\w+)}", path)


def operation_at(method: str, path: str) -> str:
    """The vendor's operation of a request, as `METHOD /path/{template}`.

    Raises:
        LookupError: the vendor has none.
    """
    for operation in sorted(ANSWERS, key=lambda each: each.count("{")):
        known, _, template = operation.partition(" ")
        pattern = "(/sandbox/[^/]+)?" + re.sub(r"{\w+}", "[^/]+", template)
        if known == method and re.fullmatch(pattern, path):
            return operation
    raise LookupError(f"{method} {path} is no operation of the vendor's")


def problems(operation: str, status: int, body: Any) -> list[str]:
    """Where an answer differs from what the vendor's documents allow.

    Args:
        operation: as `operation_at` gives it.
        status: the answer's HTTP status.
        body: its JSON, None where it has no body.
    """
    if status < 300:
        schema = ANSWERS[operation]
        if schema is None:
            return [] if body is None else ["$: expected no body"]
    else:
        schema = ERROR
        if body is None or body.get("statusCode") != status:
            return [f"$.statusCode: is not {status}"]
    found = Draft202012Validator(schema).iter_errors(body)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]
