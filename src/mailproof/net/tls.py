"""TLS over memory: contexts that are shared, and the engine that turns bytes into bytes.

pyOpenSSL carries its own OpenSSL, so that a verdict does not depend on the machine. Every handshake is made at
security level 0: weak servers are to be looked at, not avoided; what is weak is judged by the checks.
"""

from __future__ import annotations

import os
from pathlib import Path

from mailproof.model.attempt import Trouble
from mailproof.model.failure import NetFailure, UsageError
from mailproof.model.tls import ChainError, ServerTls, TlsSettings, TlsVersion
from mailproof.net.openssl import SSL, crypto

# Anonymous suites are left out: a server that knows them may answer without a certificate.
EVERY_CIPHER = "ALL:!aNULL:!eNULL:@SECLEVEL=0"

_VERSIONS = {
    TlsVersion.TLS1_0: SSL.TLS1_VERSION,
    TlsVersion.TLS1_1: SSL.TLS1_1_VERSION,
    TlsVersion.TLS1_2: SSL.TLS1_2_VERSION,
    TlsVersion.TLS1_3: SSL.TLS1_3_VERSION,
}

# Where distributions keep their roots: a hashed directory is read lazily, a bundle costs some 20 ms to load.
_ROOT_DIRECTORIES = ("/etc/ssl/certs", "/etc/pki/tls/certs")
_ROOT_BUNDLES = ("/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt")

_ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    22: "record_overflow",
    40: "handshake_failure",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}
"""RFC 8446 section 6, and the older ones of RFC 5246 that are still met."""


class Contexts:
    """One context for all handshakes with the same settings: one for each costs 26 times the session."""

    def __init__(self, key_log: str = "") -> None:
        """`key_log` is a file to which the secrets of each session are added, for Wireshark (SSLKEYLOGFILE)."""
        self._key_log = key_log
        self._client: dict[TlsSettings, SSL.Context] = {}
        self._server: dict[ServerTls, SSL.Context] = {}

    def client(self, settings: TlsSettings) -> SSL.Context:
        """Raises UsageError for a file that cannot be read or a cipher list that OpenSSL does not know."""
        if settings not in self._client:
            self._client[settings] = _client_context(settings)
            if self._key_log:
                self._client[settings].set_keylog_callback(self._keep_key)
        return self._client[settings]

    def _keep_key(self, connection: SSL.Connection, line: bytes) -> None:
        """One line in NSS's form. Readable by the user alone: whoever has it reads the session."""
        descriptor = os.open(self._key_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line + b"\n")
        finally:
            os.close(descriptor)

    def server(self, settings: ServerTls) -> SSL.Context:
        if settings not in self._server:
            self._server[settings] = _server_context(settings)
        return self._server[settings]


def _client_context(settings: TlsSettings) -> SSL.Context:
    context = _context(SSL.TLS_CLIENT_METHOD, settings.minimum, settings.maximum, settings.ciphers)
    if settings.check_chain:
        context.set_verify(SSL.VERIFY_PEER, _collect)
        _load_system_roots(context)
    if settings.check_chain and settings.ca_file is not None:
        try:
            context.load_verify_locations(settings.ca_file)
        except SSL.Error as error:
            raise UsageError("no-certificates-in-file", file=settings.ca_file) from error
    if settings.certificate is not None:
        _use_certificate(context, settings.certificate, settings.key or settings.certificate)
    return context


def _use_certificate(context: SSL.Context, certificate: str, key: str) -> None:
    """Show this client certificate. An encrypted key is refused: OpenSSL itself would ask at the terminal."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        context.use_certificate_chain_file(certificate)
        context.use_privatekey(load_pem_private_key(Path(key).read_bytes(), None))  # type: ignore[arg-type]
        context.check_privatekey()
    except (SSL.Error, OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        files = tuple(dict.fromkeys((certificate, key)))
        raise UsageError("no-client-certificate", files=files) from error


def _server_context(settings: ServerTls) -> SSL.Context:
    context = _context(SSL.TLS_SERVER_METHOD, settings.minimum, settings.maximum, settings.ciphers)
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificates

    leaf, *others = load_pem_x509_certificates(settings.chain_pem.encode())
    context.use_certificate(leaf)
    for certificate in others:
        context.add_extra_chain_cert(certificate)
    context.use_privatekey(load_pem_private_key(settings.key_pem.encode(), None))  # type: ignore[arg-type]
    if settings.client_ca_pem is not None:
        store = context.get_cert_store()
        for root in load_pem_x509_certificates(settings.client_ca_pem.encode()):
            if store is not None:
                store.add_cert(crypto.X509.from_cryptography(root))
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    return context


def _context(method: int, minimum: TlsVersion, maximum: TlsVersion, ciphers: str | None) -> SSL.Context:
    context = SSL.Context(method)
    wanted = f"{ciphers}:@SECLEVEL=0" if ciphers and "@SECLEVEL" not in ciphers else ciphers or EVERY_CIPHER
    try:
        context.set_cipher_list(wanted.encode("utf-8", "surrogateescape"))
    except SSL.Error as error:
        raise UsageError("no-such-cipher", ciphers=ciphers or EVERY_CIPHER) from error
    context.set_min_proto_version(_VERSIONS[minimum])
    context.set_max_proto_version(_VERSIONS[maximum])
    context.set_info_callback(_notice_alert)
    return context


def _load_system_roots(context: SSL.Context) -> None:
    """The roots of this machine; SSL_CERT_FILE and SSL_CERT_DIR win, as they do in OpenSSL."""
    file, directory = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file or directory:
        context.load_verify_locations(file or None, directory or None)
        return
    for candidate in _ROOT_DIRECTORIES:
        if Path(candidate).is_dir() and any(name.suffix == ".0" for name in Path(candidate).iterdir()):
            context.load_verify_locations(None, candidate)
            return
    for bundle in _ROOT_BUNDLES:
        if Path(bundle).is_file():
            context.load_verify_locations(bundle)
            return


class _Notes:
    """What the callbacks of one connection have noticed."""

    __slots__ = ("alert", "errors")

    def __init__(self) -> None:
        self.errors: list[ChainError] = []
        self.alert = ""


def _collect(connection: SSL.Connection, certificate: crypto.X509, code: int, depth: int, ok: int) -> bool:
    """Note the complaint and go on: one handshake shows every error of the chain."""
    notes = connection.get_app_data()
    if not ok and isinstance(notes, _Notes) and len(notes.errors) < 32:  # OpenSSL's own depth limit is 100
        notes.errors.append(ChainError(code, depth, _COMPLAINTS.get(code, f"error {code}")))
    return True


_COMPLAINTS = {
    2: "unable to get issuer certificate",
    3: "unable to get certificate CRL",
    6: "unable to decode issuer public key",
    7: "certificate signature failure",
    9: "certificate is not yet valid",
    10: "certificate has expired",
    13: "format error in certificate's notBefore field",
    14: "format error in certificate's notAfter field",
    18: "self-signed certificate",
    19: "self-signed certificate in certificate chain",
    20: "unable to get local issuer certificate",
    21: "unable to verify the first certificate",
    22: "certificate chain too long",
    23: "certificate revoked",
    24: "invalid CA certificate",
    25: "path length constraint exceeded",
    26: "unsuitable certificate purpose",
    27: "certificate not trusted",
    28: "certificate rejected",
    32: "key usage does not include certificate signing",
    47: "permitted subtree violation",
    48: "excluded subtree violation",
    66: "EE certificate key too weak",
    67: "CA certificate key too weak",
    68: "CA signature digest algorithm too weak",
    79: "invalid CA certificate",
}
"""X509_verify_cert_error_string(3); pyOpenSSL has no public way to ask for it."""


def _notice_alert(connection: SSL.Connection, where: int, value: int) -> None:
    notes = connection.get_app_data()
    if where & SSL.SSL_CB_READ and where & SSL.SSL_CB_ALERT and isinstance(notes, _Notes):
        number = value & 0xFF
        if number:
            notes.alert = _ALERTS.get(number, str(number))


class Engine:
    """One TLS connection between two buffers: feed what came, send what `outgoing` gives."""

    def __init__(self, context: SSL.Context, *, server: bool, name: str = "") -> None:
        self._notes = _Notes()
        self._connection = SSL.Connection(context, None)
        self._connection.set_app_data(self._notes)
        if server:
            self._connection.set_accept_state()
        else:
            self._connection.set_connect_state()
            if sni := _server_name(name):
                self._connection.set_tlsext_host_name(sni)

    def feed(self, data: bytes) -> None:
        """Bytes from the network; b"" at its end."""
        if data:
            self._connection.bio_write(data)
        else:
            self._connection.bio_shutdown()

    def outgoing(self) -> bytes:
        """Some of the bytes for the network, b"" if there are none left."""
        try:
            return self._connection.bio_read(1 << 17)
        except SSL.WantReadError:
            return b""

    def handshake(self) -> bool:
        """True when it is done, False when it wants more bytes. Raises NetFailure(TLS_FAILED) in OpenSSL's words."""
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return False
        except SSL.ZeroReturnError as error:
            raise NetFailure(Trouble.CLOSED, "closed during the handshake") from error
        except SSL.Error as error:
            raise NetFailure(Trouble.TLS_FAILED, reason(error)) from error
        return True

    def read(self) -> bytes | None:
        """Decrypted bytes, b"" when the peer has closed TLS, None when it wants more bytes."""
        try:
            return self._connection.recv(1 << 16)
        except SSL.WantReadError:
            return None
        except (SSL.ZeroReturnError, SSL.SysCallError):
            return b""
        except SSL.Error as error:
            if "unexpected eof" in reason(error):  # closed without close_notify: common, and noted by TCP alike
                return b""
            raise NetFailure(Trouble.TLS_FAILED, reason(error)) from error

    def write(self, data: bytes) -> None:
        try:
            while data:
                data = data[self._connection.send(data[: 1 << 14]) :]
        except SSL.Error as error:
            raise NetFailure(Trouble.TLS_FAILED, reason(error)) from error

    def shutdown(self) -> None:
        """Put close_notify into `outgoing`, if the session is in a state for it."""
        try:
            self._connection.shutdown()
        except SSL.Error:
            pass

    @property
    def alert(self) -> str:
        """The alert that the peer sent; empty if it sent none."""
        return self._notes.alert

    @property
    def errors(self) -> tuple[ChainError, ...]:
        return tuple(dict.fromkeys(self._notes.errors))

    @property
    def version(self) -> str:
        return str(self._connection.get_protocol_version_name())

    @property
    def cipher(self) -> str:
        return self._connection.get_cipher_name() or ""

    @property
    def group(self) -> str:
        """Name of the key exchange; empty where OpenSSL does not tell."""
        return str(self._connection.get_group_name() or "")

    def chain(self) -> tuple[bytes, ...]:
        """Certificates as the peer sent them, in DER."""
        # Not `as_cryptography`: its parser refuses certificates that OpenSSL takes, and they are evidence too.
        sent = self._connection.get_peer_cert_chain() or []
        return tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) for certificate in sent)

    def exporter(self, label: bytes, length: int) -> bytes:
        return self._connection.export_keying_material(label, length, b"")

    def end_point_hash(self, *, server: bool) -> bytes | None:
        """RFC 5929 section 4: the server's certificate under the hash of its signature, SHA-256 for weaker ones."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import hashes

        try:
            if server:
                parsed = self._connection.get_certificate(as_cryptography=True)
            else:
                parsed = self._connection.get_peer_certificate(as_cryptography=True)
            if parsed is None:
                return None
            algorithm = parsed.signature_hash_algorithm
        except (ValueError, UnsupportedAlgorithm):  # a certificate that OpenSSL takes and this parser does not
            return None
        if algorithm is None or algorithm.name in ("md5", "sha1"):
            algorithm = hashes.SHA256()
        return bytes(parsed.fingerprint(algorithm))


def _server_name(name: str) -> bytes:
    """Host name for SNI (RFC 6066 section 3): addresses are not sent."""
    from ipaddress import ip_address

    try:
        ip_address(name)
    except ValueError:
        pass
    else:
        return b""
    try:
        return name.rstrip(".").encode("ascii")
    except UnicodeEncodeError:
        import idna

        try:
            return idna.encode(name.rstrip("."), uts46=True)
        except idna.IDNAError:
            return b""


def reason(error: SSL.Error) -> str:
    """OpenSSL's own words, one sentence."""
    queue = error.args[0] if error.args else []
    if isinstance(queue, list) and queue:
        return str(queue[-1][-1] or queue[-1][0])
    return str(error) or type(error).__name__
