"""What Dovecot 2.4 calls otherwise, or does without (its page on upgrading from 2.3 to 2.4); `-` has no successor."""

from __future__ import annotations

RENAMED = {
    "ssl_cert": "ssl_server_cert_file",
    "ssl_key": "ssl_server_key_file",
    "ssl_alt_cert": "ssl_server_alt_cert_file",
    "ssl_alt_key": "ssl_server_alt_key_file",
    "ssl_ca": "ssl_server_ca_file",
    "ssl_dh": "ssl_server_dh_file",
    "ssl_key_password": "ssl_server_key_password",
    "ssl_client_cert": "ssl_client_cert_file",
    "ssl_client_key": "ssl_client_key_file",
    "ssl_cert_username_field": "ssl_server_cert_username_field",
    "ssl_prefer_server_ciphers": "ssl_server_prefer_ciphers",
    "ssl_require_crl": "ssl_server_require_crl",
    "ssl_verify_client_cert": "ssl_server_request_client_cert",
    "ssl_protocols": "ssl_min_protocol",
    "disable_plaintext_auth": "auth_allow_cleartext",
    "mail_location": "mail_driver, mail_path",
    "verbose_ssl": "log_debug = category=ssl",
    "auth_worker_max_count": "service auth-worker { process_limit }",
    "service_count": "service_restart_request_count",
    "imap_id_log": "-",
    "mail_attachment_dir": "mail_ext_attachment_path",
    "mail_attachment_min_size": "mail_ext_attachment_min_size",
    "mail_attachment_hash": "mail_ext_attachment_hash",
    "location": "mail_driver, mail_path",
    "args": "passdb_…, userdb_…",
    "default_fields": "fields { }",
    "override_fields": "fields { }",
}
"""By the name in 2.3."""

BLOCKS_OF_23 = {"plugin": "acl_…, fts_…, quota_…, sieve_…"}
"""Settings at the top, by their own names. In no language: they stand in the sentences of both."""
