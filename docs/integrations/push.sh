#!/bin/sh
# Push days of sales to Codat, a folder each: ./push.sh sales
set -eu

codat() {
  curl --silent --show-error --fail-with-body \
    --header "Authorization: Basic $(printf %s "$CODAT_API_KEY" | base64 | tr -d '\n')" \
    --header 'Content-Type: application/json' \
    "$@"
}

push() { # the kind of records, and the file they are in
  dataset=$(codat --data "@$2" \
    "$CODAT_BASE_URL/data/companies/$CODAT_COMPANY_ID/sync/commerce-$1" |
    sed -n 's/.*"datasetId": *"\([^"]*\)".*/\1/p')
  while true; do
    history=$(codat "$CODAT_BASE_URL/meta/companies/$CODAT_COMPANY_ID/pull/history/$dataset")
    case $history in
      *'"isCompleted":true'*) echo "$1: Complete"; return ;;
      # It has ended; if it was cancelled, without isErrored.
      *'"completed":'*) echo "$1: $history" >&2; exit 1 ;;
    esac
    sleep 1
  done
}

for folder in "$@"; do
  for kind in orders payments transactions; do
    push "$kind" "$folder/$kind.json"
  done
done
