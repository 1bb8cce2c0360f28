"""Messages kept in a Maildir or an mbox, as other programs read them."""

from __future__ import annotations

from collections.abc import Sequence

from mailproof.cli.terminal import Complaint, Terminal


def save(messages: Sequence[bytes], place: str, terminal: Terminal) -> str:
    """Add to `place`, an mbox where its name ends so, else a Maildir, made if it is not there. Returns it.

    Lines end with LF there, as these formats have them. Raises Complaint.
    """
    import mailbox

    try:
        box: mailbox.Mailbox[mailbox.mboxMessage] | mailbox.Mailbox[mailbox.MaildirMessage]
        box = mailbox.mbox(place) if place.endswith(".mbox") else mailbox.Maildir(place, create=True)
        box.lock()
        try:
            for data in messages:
                box.add(data.replace(b"\r\n", b"\n"))
            box.flush()
        finally:
            box.unlock()
            box.close()
    except (OSError, mailbox.Error) as error:
        raise Complaint(
            terminal.say("cli.unwritable", file=place, why=getattr(error, "strerror", "") or "")
        ) from None
    return place
