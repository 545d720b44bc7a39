"""The telephone carrier: Media Streams, webhooks, status callbacks and the Calls REST API."""
