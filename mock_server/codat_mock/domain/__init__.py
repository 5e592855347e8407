"""Pure rules of the service's lifecycle: dataset statuses, sync dates, webhook retries."""
