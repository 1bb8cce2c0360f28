"""The rows of `parse.refusal`: what servers say when they refuse, and what each of them means by it.

In their order: the first that fits is taken. A row for one server's own words names the server.
"""

from __future__ import annotations

from mailproof.parse.limits import MAIL_RATE_WORDS
from mailproof.parse.meanings import Row
from mailproof.parse.refusal_kind import RefusalKind

_K = RefusalKind

ROWS: tuple[Row[RefusalKind], ...] = (
    # Statuses that say it all (IANA registry of SMTP enhanced status codes).
    Row(_K.NEEDS_SMTPUTF8, status=r"[45]\.6\.7"),
    # Gmail's own of 2024 (support.google.com/a/answer/3726730); elsewhere 23 is SPF, 27 a null MX, 29 ARC and 30
    # REQUIRETLS.
    Row(_K.CLIENT_NAME_MISSING, status=r"[45]\.7\.23", words=r"\bptr\b"),
    Row(_K.TLS_REQUIRED, status=r"[45]\.7\.29", words=r"\btls\b"),
    Row(_K.MESSAGE_UNAUTHENTICATED, status=r"[45]\.7\.(27|30|32)", words=r"\b(spf|dkim|dmarc)\b"),
    # RFC 5248 has 5.7.13 of a login. Of a recipient it is said too.
    Row(_K.MAILBOX_DISABLED, status=r"[45]\.7\.13", words=r"recipient"),
    # Under a status for something else: a full mailbox under 5.1.1 (Orange, qmail-ldap), GoDaddy's and Microsoft's
    # limits under 5.1.1 and 5.2.2, Facebook's recipient who wants none under 5.1.1.
    Row(
        _K.MAILBOX_FULL,
        words=r"recipient over ?quota|\bmailbox (is )?full\b|mailbox limit exceeded"
        r"|(mailbox|inbox|account)( <>)? is (temporarily )?over quota",
    ),
    Row(_K.LIMITED, words=r"submission quota exceeded|too many recipients (received )?this hour"),
    Row(_K.RECIPIENT_REJECTED, words=r"refused due to recipient preferences"),
    Row(_K.SENDER_DOMAIN_UNKNOWN, words=r"unroute?able sender|unresolvable rfc\.?532[12] from"),
    # Microsoft 365 of an account that may not send any more; anywhere else 5.1.8 is the sender's domain.
    Row(_K.SENDER_REJECTED, status=r"5\.1\.8", words=r"bad outbound sender"),
    Row(_K.SENDER_DOMAIN_UNKNOWN, status=r"[45]\.1\.8"),
    Row(_K.SENDER_REJECTED, status=r"[45]\.1\.7|5\.7\.27"),
    Row(_K.RECIPIENT_DOMAIN_UNKNOWN, status=r"[45]\.1\.2|5\.1\.10", words=r"domain|host|null ?mx|does not accept"),
    Row(_K.RECIPIENT_DOMAIN_UNKNOWN, code="556"),
    Row(_K.RECIPIENT_DOMAIN_UNKNOWN, status=r"5\.4\.4", words=r"invalid domain"),
    Row(_K.CLIENT_NAME_MISSING, status=r"[45]\.7\.25"),
    # Microsoft 365: 5.7.509 is DMARC, 5.7.515 the level of authentication it wants of senders in bulk.
    Row(_K.MESSAGE_UNAUTHENTICATED, status=r"[45]\.7\.(2[0-469]|509|515)"),
    Row(_K.CONFIG_PROBLEM, status=r"[45]\.3\.5"),
    Row(_K.DISK_FULL, status=r"4\.3\.1"),
    # postscreen's deep protocol tests end in 4.3.2: a new client is put off once, as by a greylist.
    Row(_K.GREYLISTED, code="450", status=r"4\.3\.2", words=r"service currently unavailable"),
    Row(_K.MESSAGE_TOO_BIG, status=r"5\.3\.4|5\.2\.3"),
    Row(_K.MAILBOX_FULL, status=r"[45]\.2\.2"),
    # Postfix cleanup(8) `Alias expansion error`, sendmail `aliasing/forwarding loop broken`. 5.4.6 says less.
    Row(_K.ALIAS_LOOP, words=r"alias expansion error|aliasing/forwarding loop|alias(es)? loop"),
    Row(
        _K.MAIL_LOOP,
        words=r"too many hops|hop count exceeded|mail (is )?loop|routing loop|loops? back to myself|points back to",
    ),
    # Exchange's own: 5.7.54 and 5.7.64 are relaying, 5.7.57 and 5.7.60 a login's rights, 5.4.1 an unknown mailbox.
    Row(_K.RELAY_DENIED, status=r"5\.7\.(54|64)"),
    Row(_K.LOGIN_REQUIRED, status=r"5\.7\.57"),
    Row(_K.SENDER_NOT_OWNED, status=r"5\.7\.60|5\.2\.252"),
    Row(_K.RECIPIENT_UNKNOWN, status=r"5\.4\.1", words=r"recipient address rejected"),
    # And Microsoft 365's: banned addresses (606 to 649), traffic not taken from here (708, 850 to 899), senders (501
    # to 503, 511, 750), what a recipient's organisation has ruled (504, 505, 507, 513), its connector that takes mail
    # from some servers alone (51), IPv6 that it does not take (510).
    Row(_K.CLIENT_BLOCKLISTED, status=r"5\.7\.(6[0-4]\d|708)|[45]\.7\.8[5-9]\d"),
    Row(_K.SENDER_REJECTED, status=r"5\.7\.(50[1-3]|511|750)"),
    Row(_K.RECIPIENT_REJECTED, status=r"5\.7\.(50[457]|513)"),
    Row(_K.CLIENT_REJECTED, status=r"5\.7\.(51|510)"),
    Row(_K.TLS_REQUIRED, status=r"[45]\.7\.66"),
    # Too much mail: before greylisting and lists, for these also say `try again later` and name an address.
    Row(_K.LIMITED, status=r"[45]\.7\.(28|500|508|650|70[0-7]|709|7[1-4]\d)|5\.1\.90|[45]\.2\.12[12]"),
    Row(_K.LIMITED, words=r"recipient thread limit exceeded"),
    # Exchange, of a group that takes mail from within the organisation, or from some senders, alone.
    Row(_K.RECIPIENT_REJECTED, status=r"5\.7\.(12[04]|13[3-6])"),
    Row(_K.RECIPIENT_REJECTED, words=r"resolver\.rst\.(authrequired|notauthorized|restricted)"),
    # Words of relaying. They come under 5.7.1, under no status at all, and now and then under a wrong one.
    Row(
        _K.RELAY_DENIED,
        words=r"relay(ing)? (access |mail )?(is )?(denied|not (permitted|allowed)|prohibited|forbidden)"
        r"|unable to relay|(do not|don't|does not|cannot|not permitted to|not allowed to|will not) relay"
        r"|rcpthosts|relaying to .* (denied|prohibited)|not a (valid )?relay|no relaying|relay not"
        r"|delivery is not allowed to this address|invalid credentials for relay|not configured to relay",
    ),
    Row(
        _K.TLS_REQUIRED,
        words=r"must issue a starttls|starttls (command )?(is )?(first|required)"
        r"|tls(/sslv3)? (connection )?(is )?required|tls 1\.[01] .*not supported"
        r"|this route requires (encryption|tls|high-strength ciphers)",  # Mimecast
    ),
    # Lists of links are about what stands in the message.
    Row(
        _K.CONTENT_REJECTED,
        words=r"(black|block)[- ]?listed (url|uri|link)|domain present in the spamhaus dbl|\b(surbl|uribl)\b",
    ),
    # Another's name in the sender's field (Mimecast, Barracuda), and lists of senders.
    Row(
        _K.SENDER_REJECTED,
        words=r"rejecting spoofed message|sender address blocked|anti-?spoofing policy|envelope blocked"
        r"|header[- ]based.*blocked senders"
        r"|block policy for (envelope|header) from",
    ),
    # The reputation first: Gmail says in the same sentence that it limits the rate, or that it is spam.
    Row(_K.CLIENT_BLOCKLISTED, words=r"(low|poor) reputation|\bip reputation - \(reject\)"),
    # An address of dial-up or home connections, which is to hand its mail to the provider's server (Gmail, T-Online).
    Row(
        _K.CLIENT_REJECTED,
        words=r"use the smtp (relay|server) (at|of) your (isp|service provider)|dialup/transient ip not allowed"
        r"|dynamic ip address(es)? (is |are )?not (allowed|accepted)",
    ),
    # QQ: `Mailbox unavailable or access denied` is too much for one recipient, and all of `frequency limited`.
    Row(_K.LIMITED, code="550", words=r"frequency limited|\Amailbox unavailable or access deni"),
    # NetEase (163.com, 126.com): the letters before the server's name.
    Row(_K.LIMITED, words=r"\A(hl:(icc|ifc|ifq)|mi:(cel|dmc|ccl|sfq|stc)|rp:(drc|ccl|cel|qrc|rcl|trc))\b"),
    Row(_K.CLIENT_BLOCKLISTED, words=r"\A(hl:(rep|mep|ihu|ipb)|dt:rbl|wm:bli)\b|suspected spam ip"),
    Row(_K.SENDER_REJECTED, words=r"\A(mi:(imf|spb)|wm:blu|dt:sum)\b"),
    Row(_K.MESSAGE_UNAUTHENTICATED, words=r"\A(mi:(spf|dma))\b"),
    Row(_K.RELAY_DENIED, words=r"\Arp:frl\b"),
    Row(_K.CONTENT_REJECTED, words=r"\Adt:spm\b"),
    Row(_K.HELO_REQUIRED, words=r"\Ami:nhd\b"),
    # Orange and La Poste: the number of the reason behind their letters, whatever the French before it says.
    Row(_K.LIMITED, words=r"\b(ofr|lpn)\d{0,3}[_-]104\b"),
    Row(_K.CLIENT_BLOCKLISTED, words=r"\b(ofr|lpn)\d{0,3}[_-]102\b"),
    Row(_K.SENDER_REJECTED, words=r"\b(ofr|lpn)\d{0,3}[_-](403|405|415)\b"),
    Row(_K.MAILBOX_DISABLED, words=r"\b(ofr|lpn)\d{0,3}[_-](420|426)\b"),
    Row(_K.CONTENT_REJECTED, words=r"\b(ofr|ouk|lpn)\d{0,3}[_-](506|513)\b"),
    Row(_K.MESSAGE_TOO_BIG, words=r"\b(ofr|lpn)\d{0,3}[_-]514\b"),
    # GMX and WEB.DE, below `mailbox unavailable`.
    Row(_K.CONTENT_REJECTED, words=r"reject due to policy restrictions"),
    # Mimecast's words for a greylist, and iRedAPD's.
    Row(
        _K.GREYLISTED,
        code="451",
        words=r"internal resources? (are |is )?temporarily unavailable"
        r"|intentional policy rejection, please try again",
    ),
    # A greylist says so, or for how long: not a list (`blocked using`), nor a limit.
    Row(_K.GREYLISTED, code="4", words=r"gr[ea]y-?list"),
    Row(_K.LIMITED, words=MAIL_RATE_WORDS),
    Row(
        _K.CLIENT_BLOCKLISTED,
        words=r"blocked using|block[- ]?list|black[- ]?list|\bdnsbls?\b|\brbls?\b|spamhaus|spamcop|barracuda"
        r"|is listed (in|at|on|by)|listed (by|at)\b|banned sending ip|permanently deferred"
        r"|(ipcheck|support)\.proofpoint|connections will not be accepted from|blocked for (abuse|spam)"
        # Symantec's (MessageLabs) and T-Online's words for a bad name.
        r"|connection rejected by policy|ask your postmaster for help",
    ),
    Row(
        _K.GREYLISTED,
        code="4",
        words=r"try again in \d+ (seconds|minutes)|come back (in|later)|first contact|retry later, see",
    ),
    Row(
        _K.HELO_REQUIRED,
        words=r"(send|polite people say|say) (helo|ehlo|hello)|(helo|ehlo)(/ehlo| or ehlo| or helo)? (is )?required"
        r"|(helo|ehlo|hello) first",
    ),
    Row(
        _K.HELO_REJECTED,
        words=r"helo command rejected|(invalid|bad|illegal|syntactically invalid) (helo|ehlo)|invalid domain name\Z"
        r"|(helo|ehlo) (should|must) be"
        r"|(helo|ehlo) (name |argument |hostname )?(is )?(invalid|bad|illegal|forged|bogus)",
    ),
    Row(_K.SENDER_NOT_LOGGED_IN, words=r"sender address rejected: not logged in\Z"),
    Row(
        _K.SENDER_NOT_OWNED,
        words=r"not owned by user|not logged in as owner|sendas|not (allowed|authori[sz]ed|permitted) to send as"
        r"|from address is not one of your addresses"  # iCloud
        r"|sender address .* not (allowed|permitted|owned)|must match .*(user|login|authenticated)"
        r"|email address is not verified|not match a verified sender identity",  # Amazon SES, SendGrid
    ),
    Row(_K.SENDER_DOMAIN_UNKNOWN, words=r"sender address rejected: (domain|malformed dns)|domain of sender address"),
    Row(
        _K.SENDER_REJECTED,
        words=r"sender (address )?(rejected|denied|verify (failed|callout)|verification failed)"
        r"|(rejected|bad|invalid|banned) sender|syntactically invalid sender"
        r"|badmailfrom|required for sender address|outgoing mail from .{0,80}suspended",  # cPanel
    ),
    # Fields of the header, and the line ends of the message.
    Row(
        _K.CONTENT_REJECTED,
        words=r"\bduplicate header|\Aheader error|missing a valid address in from|multiple (addresses in )?from\b"
        r"|(is )?not rfc ?(2822|5322) compliant|bare ?line ?feeds?|stray (line ?feed|newline)s?",
    ),
    Row(
        _K.MESSAGE_UNAUTHENTICATED,
        words=r"\b(spf|dkim|dmarc)\b|unauthenticated email|fails to pass authentication checks",
    ),
    # The recipient.
    Row(_K.RECIPIENT_LOOKUP_FAILED, code="4", words=r"unverified address|(recipient verify )?callout"),
    Row(_K.RECIPIENT_UNKNOWN, status=r"[45]\.1\.[16]"),
    Row(
        _K.RECIPIENT_UNKNOWN,
        code="55",
        words=r"(user|mailbox|recipient|address|account)( address)? (is )?(unknown|not found|does(n't| not) exist)"
        r"|(unknown|no such) (user|mailbox|recipient|local)|unrouteable address|no mailbox here|user unknown"
        r"|recipient not found|\Ainvalid recipient: <>\Z|mailbox unavailable|mailbox unknown"
        r"|doesn't have an? \S+ account|does not exist here|invalid recipient\b|recipient mailbox is not allowed",
    ),
    Row(_K.RECIPIENT_UNKNOWN, code="551", status=r"|5\.1\.6"),  # RFC 5321 section 3.4: user not local
    Row(
        _K.MAILBOX_DISABLED,
        words=r"(mailbox|account|user)( <>)?( that you tried to reach)? (is )?(temporar(y|ily) )?"
        r"(disabled|inactive|suspended|locked|frozen|blocked|not active)|deactivated mailbox",
    ),
    Row(
        _K.RECIPIENT_DOMAIN_UNKNOWN,
        # The last is SoftBank's, of a domain alone.
        words=r"(find|locate) the recipient domain|recipient address rejected: domain|domain does not exist"
        r"|\A[\w-]+(\.[\w-]+)+ does not exist\Z",
    ),
    Row(
        _K.UNROUTABLE,
        code="4",
        words=r"dns (lookup )?(failure|error)|(host|name) (lookup|resolution) failed|no route to",
    ),
    # OpenSMTPD says this of a user that neither its tables nor the system know.
    Row(_K.RECIPIENT_UNKNOWN, status=r"5\.2\.4", words=r"mailing list expansion problem"),
    Row(
        _K.RECIPIENT_LOOKUP_FAILED, code="4", words=r"temporary lookup failure|lookup (failed|error)|lookup deferred"
    ),
    Row(
        _K.MAILBOX_FULL,
        # docomo has `Too much mail data`, Gmail `out of storage space`.
        words=r"mailbox (is )?full|exceeded storage allocation|quota exceeded|too much mail data|out of storage space"
        r"|(over|exceed(s|ed)?)( the| its| storage)? quota",
    ),
    Row(
        _K.MESSAGE_TOO_BIG,
        code="5",
        words=r"(message|mail)( size| file)? (exceed(s|ed)|is too (big|large)|too (big|large))|size limit|databytes",
    ),
    # The server's own trouble.
    Row(
        _K.DISK_FULL,
        code="4",
        words=r"insufficient ((system )?storage|disk space|system resources)|no space|out of (disk )?space"
        r"|space shortage",
    ),
    Row(_K.QUEUE_WRITE_ERROR, code="4", words=r"queue file write error|write error or disk full"),
    Row(_K.CONFIG_PROBLEM, words=r"server configuration (problem|error)|unexpected failure|system config error"),
    Row(
        _K.LIMITED,
        words=r"too (many|much)|rate limit|concurrency limit|improper use of .*pipelining|synchroni[sz]ation error"
        # Yahoo, iCloud, SendGrid, Mimecast, cPanel.
        r"|max(imum)? messages? per connection|excessive volume|too frequent connects|maximum credits exceeded"
        r"|outbound thread limit|exceeded the max (emails|defers and failures) per hour",
    ),
    Row(_K.SERVICE_UNAVAILABLE, code="451", words=r"\bresources temporarily (not |un)available"),  # Yahoo
    # Who may talk here.
    Row(_K.LOGIN_REQUIRED, words=r"authenticat\w* (is )?(required|needed)|(must|please|not) (authenticate|log ?in)"),
    Row(_K.LOGIN_REQUIRED, words=r"must issue an auth command|permissions? to submit|unauthenticated senders"),
    Row(_K.LOGIN_REQUIRED, words=r"(client|you are|user) (was )?not authenticated|auth(orization)? (is )?required"),
    Row(
        _K.CLIENT_NAME_MISSING,
        words=r"cannot find your (reverse )?hostname|no (ptr|reverse dns)|reverse dns|\bptr (resource )?record"
        r"|(invalid|missing) r-?dns|unverifi?y?able sending ip",
    ),
    Row(
        _K.RECIPIENT_REJECTED,
        # Barracuda, QQ, Zoho; the last two are Gmail's of a rule that an administrator has made.
        words=r"recipient( address)? (rejected|refused|denied|blocked)|permanent failure for one or more recipients"
        r"|rejected by (recipients|destination domain)|violates \S+ email policy|has a policy that prohibited",
    ),
    # The status of Cisco's gateways, for a recipient that they do not take.
    Row(_K.RECIPIENT_REJECTED, status=r"5\.1\.0", words=r"\Aaddress rejected"),
    Row(
        _K.CLIENT_REJECTED,
        words=r"client host rejected|client was not|access denied|host network not allowed"
        r"|your access to (submit messages to )?this e?-?mail system has been rejected",
    ),
    # What stands in the message.
    Row(
        _K.CONTENT_REJECTED,
        words=r"\bspam(assassin)?\b|unsolicited|\bvirus|infected|malware|content (rejected|filter|presents)"
        r"|security issue|line length|malformed|not accepted for policy reasons|local policy|message filtered"
        r"|(rejected|denied|refused) (for|by|due to) ([a-z]+ )?polic|multiple addresses in from"
        r"|mail content denied|(unacceptable|illegal|prohibited|banned|forbidden) (file )?attachment",
    ),
)

# RFC 5321 section 4.2.3, RFC 4954 section 6: where neither status nor words say more.
CODES: tuple[Row[RefusalKind], ...] = (
    Row(_K.LOGIN_REQUIRED, code="530"),
    Row(_K.DISK_FULL, code="452", status=r"|4\.3\.\d"),
    Row(_K.MESSAGE_TOO_BIG, code="552", status=r"|5\.3\.\d"),
    Row(_K.HELO_REQUIRED, code="503", status=r"5\.5\.1|", words=r"\b(helo|ehlo)\b"),
    Row(
        _K.SERVICE_UNAVAILABLE,
        code="4",
        words=r"service (is )?(currently )?(un|not )available|try (again|later)|temporar",
    ),
)
