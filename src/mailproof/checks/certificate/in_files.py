"""The certificates that a configuration names: are they there, with their keys, and sound?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from mailproof.checks.certificate.dates import KINDS as DATES
from mailproof.checks.certificate.dates import date_fault
from mailproof.checks.certificate.names_host import KINDS as NAMES
from mailproof.checks.certificate.names_host import names_of
from mailproof.checks.certificate.shown import described, mark
from mailproof.checks.certificate.strong import BROKEN_HASHES, key_weak
from mailproof.checks.certificate.strong import KINDS as STRENGTH
from mailproof.checks.certificate.trusted import KINDS as TRUST
from mailproof.checks.certificate.trusted import top_of
from mailproof.checks.files import STATES, bounded, fault, not_told
from mailproof.model.configuration import CertificateFile, FileState, Pair
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.tls import Certificate
from mailproof.parse.hostname import names_host

NAME = "certificate-files-sound"
NEEDS = (CertificateFile,)
_WITHOUT = (
    Explains("starttls-refused", Scope.SERVER),
    Explains("tls-handshake-failed", Scope.SERVER),
    Explains("no-greeting", Scope.SERVER),
    Explains("tls-no-certificate", Scope.SERVER),
    Explains("tls-context-broken", Scope.SERVER),
    Explains("dovecot-not-running", Scope.SERVER),
)
# Postfix has nobody to ask for a passphrase (TLS_README), Dovecot a setting for it.
_ASKS_NOBODY = ("smtpd_tls_", "smtp_tls_", "lmtp_tls_", "tlsproxy_tls_")
_OF_THE_FIRST = ("certificate-chain-incomplete", "certificate-name-mismatch")
# Files are no endpoints: a self-signed certificate in one may be the one that nobody is shown.
_SEEN = "file"
_REFERENCES = ("postconf(5) smtpd_tls_chain_files", "Dovecot ssl_cert", "Dovecot ssl_server_cert_file")
KINDS = (
    FindingKind("certificate-file-missing", Layer.TLS, ("path", "setting"), _WITHOUT, _REFERENCES),
    FindingKind("certificate-file-unreadable", Layer.TLS, ("path", "setting"), _WITHOUT, _REFERENCES),
    FindingKind(
        "certificate-key-mismatch",
        Layer.TLS,
        ("certificate", "key"),
        # Where the intermediate comes first, it is the certificate that the key is not of, and seems to be the leaf.
        (*_WITHOUT, *(Explains(name, Scope.SERVER, only=(("seen", _SEEN),)) for name in _OF_THE_FIRST)),
        _REFERENCES,
    ),
    FindingKind("key-readable-by-all", Layer.TLS, ("path", "mode"), (), ("RFC 8314", *_REFERENCES)),
    *DATES,
    *NAMES,
    *STRENGTH,
    *(
        kind for kind in TRUST if kind.name not in ("certificate-untrusted-root", "certificate-purpose-wrong")
    ),  # whose roots, a file does not tell
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    yield from bounded(NAME, *(_of_file(sighting.fact, record, policy) for sighting in record.seen(CertificateFile)))


def _of_file(fact: CertificateFile, record: Record, policy: Policy) -> Iterator[Answer]:
    answers = [*_there(fact), *_key(fact), *_certificates(fact, record, policy)]
    yield from answers
    if fact.chain and not answers:
        yield Passed(NAME, (_named(fact), _seen(fact, fact.chain[0])))


def _named(fact: CertificateFile) -> Evidence:
    return Evidence(EvidenceKind.CONFIG, f"{fact.file}:{fact.line}" if fact.line else fact.file, fact.text)


def _named_key(fact: CertificateFile) -> Evidence:
    if not fact.key_line:
        return _named(fact)
    return Evidence(EvidenceKind.CONFIG, f"{fact.key_file}:{fact.key_line}", fact.key_text)


def _seen(fact: CertificateFile, certificate: Certificate) -> Evidence:
    return Evidence(EvidenceKind.CERTIFICATE, fact.path, described(certificate))


def _there(fact: CertificateFile) -> Iterator[Answer]:
    places = [(fact.parameter, fact.path, fact.state, _named(fact))]
    if fact.key_path != fact.path:
        places.append((fact.key_parameter, fact.key_path, fact.key_state, _named_key(fact)))
    for parameter, path, state, named in places:
        shown = (named, Evidence(EvidenceKind.FILE, path, STATES.get(state, "")))
        if state is FileState.MISSING:
            yield fault("certificate-file-missing", *shown, path=path, setting=parameter)
        elif state in (FileState.OTHER, FileState.DIRECTORY, FileState.SOCKET):
            yield fault("certificate-file-unreadable", *shown, path=path, setting=parameter)
        elif state is FileState.UNREADABLE:
            yield not_told(NAME, "certificate-file-private", path=path)
        elif state is FileState.ELSEWHERE:
            yield not_told(NAME, "certificate-not-in-copy", path=path)
    if fact.unreadable:
        yield fault("certificate-file-unreadable", _named(fact), path=fact.path, setting=fact.parameter)


def _key(fact: CertificateFile) -> Iterator[Answer]:
    if fact.pair in (Pair.NO, Pair.NO_KEY):
        shown = (_named(fact), _named_key(fact))
        yield fault("certificate-key-mismatch", *shown, certificate=fact.path, key=fact.key_path)
    if fact.pair is Pair.LOCKED and fact.key_parameter.startswith(_ASKS_NOBODY):
        shown = (_named_key(fact), Evidence(EvidenceKind.FILE, fact.key_path, "ENCRYPTED PRIVATE KEY"))
        yield fault("certificate-file-unreadable", *shown, path=fact.key_path, setting=fact.key_parameter)
    if fact.key_state is FileState.FILE and fact.key_mode & 0o004 and fact.pair is not Pair.NO_KEY:
        mode = f"{fact.key_mode:04o}"
        shown = (_named_key(fact), Evidence(EvidenceKind.FILE, fact.key_path, mode))
        found = fault("key-readable-by-all", *shown, path=fact.key_path, mode=mode)
        from mailproof.checks.mending import quoted, remedy

        yield found.mended_by(remedy(then=(f"chmod o= {quoted(fact.key_path)}",)))


def _certificates(fact: CertificateFile, record: Record, policy: Policy) -> Iterator[Answer]:
    if not fact.chain:
        return
    leaf = fact.chain[0]
    soon = timedelta(days=policy.thresholds.expires_soon_days)
    for each in fact.chain:
        shown = (_named(fact), _seen(fact, each))
        found = date_fault(each, record.started, soon, each is leaf)
        if found is not None:
            name, params = found
            yield fault(name, *shown, **{**params, "seen": _SEEN})
        if each.self_signed and each is not leaf:
            continue  # a root is trusted for being in the store
        if key_weak(each, policy.thresholds):
            key = f"{each.key_type} {each.key_bits}"
            yield fault("certificate-key-weak", *shown, subject=each.subject, id=mark(each), key=key, seen=_SEEN)
        if not each.self_signed and each.signature_hash in BROKEN_HASHES:
            told = str(each.signature_hash).upper()
            yield fault(
                "certificate-signature-weak", *shown, subject=each.subject, id=mark(each), hash=told, seen=_SEEN
            )
    yield from _trust(fact, leaf, record)
    if fact.host and not leaf.self_signed and not names_host(leaf.dns_names, leaf.ip_addresses, fact.host):
        shown = (_named(fact), _seen(fact, leaf))
        yield fault(
            "certificate-name-mismatch", *shown, host=fact.host, names=names_of(leaf), id=mark(leaf), seen=_SEEN
        )


def _trust(fact: CertificateFile, leaf: Certificate, record: Record) -> Iterator[Answer]:
    """Whether the root is trusted is each client's affair; that a link is missing is not."""
    shown = (_named(fact), _seen(fact, leaf))
    if leaf.self_signed:
        yield fault("certificate-self-signed", *shown, subject=leaf.subject, id=mark(leaf), seen=_SEEN)
    elif top_of(fact.chain) is leaf and not fact.known_issuer:
        from mailproof.checks.whole_chain import whole_chain

        yield fault(
            "certificate-chain-incomplete",
            *shown,
            subject=leaf.subject,
            issuer=leaf.issuer,
            id=mark(leaf),
            seen=_SEEN,
        ).mended_by(whole_chain(fact, record))
