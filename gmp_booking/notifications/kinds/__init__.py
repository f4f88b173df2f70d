"""One file a mail kind, named after the kind's value in `outbox_message.kind`; found by walking this package."""
