"""A loopback mail server: plain SMTP with AUTH PLAIN, whose replies can be spoiled."""

import base64
import email
import email.policy
import socketserver
import threading
from email.message import EmailMessage
from typing import Any, ClassVar, Self

USER, PASSWORD = "firstcontact", "invented-password"


class Mail:
    """`replies` overrides the reply to a command; "" there means hanging up. `DATA.` is the
    reply to a mail that was taken."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.replies: dict[str, str] = {}
        mail = self

        class Handler(Session):
            owner = mail

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Session(socketserver.StreamRequestHandler):
    owner: ClassVar[Any]

    def handle(self) -> None:
        if not self._say("CONNECT", "220 loopback"):
            return
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            if not self._command(verb.upper(), rest):
                return

    def _command(self, verb: str, rest: str) -> bool:
        match verb:
            case "EHLO":
                return self._say(verb, "250-loopback\r\n250 AUTH PLAIN")
            case "AUTH":
                given = base64.b64decode(rest.split()[-1]).decode().split("\0")[1:]
                good = given == [USER, PASSWORD]
                return self._say(verb, "235 welcome" if good else "535 wrong")
            case "RCPT":
                self.owner.recipients.append(rest)
                return self._say(verb, "250 ok")
            case "DATA":
                return self._say(verb, "354 go on") and self._mail()
            case "QUIT":
                self._say(verb, "221 bye")
                return False
            case _:
                return self._say(verb, "250 ok")

    def _mail(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        taken = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        self.owner.mails.append(taken)
        return self._say("DATA.", "250 taken")

    def _say(self, verb: str, reply: str) -> bool:
        reply = self.owner.replies.get(verb, reply)
        if reply:
            self.wfile.write(reply.encode() + b"\r\n")
        return bool(reply)
