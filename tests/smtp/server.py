#!/usr/bin/python3
"""A mail server for tests, on a port of 127.0.0.1 that the kernel chooses. Runs on Debian's python3-aiosmtpd.

  tests/smtp/server.py [--port N] [--starttls | --smtps] [--cert FILE --key FILE] [--user NAME --password WORD]
                       [--ascii]

stdout carries one JSON object a line:
  {"event": "listening", "port": 40123}
  {"event": "mail", "from": …, "to": […], "data": …, "subject": …, "headers": {…}, "text": …, "html": …, "tls": …, "user": …}
  {"event": "state", "behaviour": …, "connections": …, "mails": …, "refused": …}     after every line of stdin

stdin takes one command a line; the server ends when it closes:
  accept          takes every mail; so it begins
  greylist        answers 451 to the first RCPT of each recipient
  refuse          answers 550 to every RCPT, with the address in it
  refuse-sender   answers 553 to every MAIL
  scold           answers 554 to every mail, with the links in it
  slow N          answers a mail after N seconds
  drop            closes the connection when the mail is there
  close           closes every connection that is open
  state           changes nothing
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import re
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult


def say(**event):
    print(json.dumps(event), flush=True)


class Handler:
    """Does with mails as it was told."""

    def __init__(self):
        self.behaviour = "accept"
        self.delay_seconds = 0.0
        self.seen = set()
        self.open = set()
        self.connections = 0
        self.mails = 0
        self.refused = 0

    def obey(self, line):
        word, _, argument = line.partition(" ")
        if word == "close":
            for connection in list(self.open):
                if connection.transport is not None:
                    connection.transport.abort()
        elif word != "state":
            self.behaviour = word
            self.delay_seconds = float(argument or 0)
        say(event="state", behaviour=self.behaviour, connections=self.connections, mails=self.mails,
            refused=self.refused)

    def refuse(self, answer):
        self.refused += 1
        return answer

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.behaviour == "refuse-sender":
            return self.refuse("553 5.7.1 not your address")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.behaviour == "refuse":
            return self.refuse(f"550 5.1.1 <{address}>: no such mailbox here")
        if self.behaviour == "greylist" and address not in self.seen:
            self.seen.add(address)
            return self.refuse("451 4.7.1 greylisted, come back later")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        text = envelope.content.decode("utf-8", "replace")
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        if self.behaviour == "drop":
            server.transport.abort()
            return self.refuse("451 gone")
        if self.behaviour == "scold":
            links = " ".join(re.findall(r"https?://\S+", body(parsed, "plain")))
            return self.refuse(f"554 5.7.1 we do not like {links}")
        if self.behaviour == "slow":
            await asyncio.sleep(self.delay_seconds)
        self.mails += 1
        say(event="mail", **{"from": envelope.mail_from}, to=envelope.rcpt_tos, data=text,
            subject=parsed["subject"], headers={name.lower(): str(value) for name, value in parsed.items()},
            text=body(parsed, "plain"), html=body(parsed, "html"), tls=session.ssl is not None or server.is_wrapped,
            user=session.auth_data)
        return "250 OK"


def body(message, kind):
    part = message.get_body(preferencelist=(kind,))
    return part.get_content() if part is not None else ""


class Server(SMTP):
    """Knows which connections there are."""

    is_wrapped = False

    def connection_made(self, transport):
        # STARTTLS makes the connection once more.
        if self not in self.event_handler.open:
            self.event_handler.connections += 1
            self.event_handler.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error):
        self.event_handler.open.discard(self)
        super().connection_lost(error)


def options():
    parser = argparse.ArgumentParser(description="A mail server for tests")
    parser.add_argument("--port", type=int, default=0)
    tls = parser.add_mutually_exclusive_group()
    tls.add_argument("--starttls", action="store_true")
    tls.add_argument("--smtps", action="store_true")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--ascii", action="store_true", help="without SMTPUTF8")
    return parser.parse_args()


async def main():
    args = options()
    handler = Handler()
    context = None
    if args.starttls or args.smtps:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(args.cert, args.key)

    def authenticate(server, session, envelope, mechanism, credentials):
        pair = (credentials.login.decode(), credentials.password.decode())
        is_right = pair == (args.user, args.password)
        return AuthResult(success=is_right, handled=False, auth_data=pair[0])

    def server():
        made = Server(
            handler,
            hostname="mail.test",
            enable_SMTPUTF8=not args.ascii,
            tls_context=context if args.starttls else None,
            authenticator=authenticate if args.user else None,
            auth_required=args.user is not None,
            auth_require_tls=args.starttls,
            loop=loop,
        )
        made.is_wrapped = args.smtps
        return made

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(server, "127.0.0.1", args.port, ssl=context if args.smtps else None)
    say(event="listening", port=listening.sockets[0].getsockname()[1])

    stdin = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    while line := await stdin.readline():
        handler.obey(line.decode().strip())
    listening.close()


if __name__ == "__main__":
    # Clients that do not trust a certificate, and passwords without TLS: what tests are about.
    logging.disable()
    warnings.simplefilter("ignore")
    asyncio.run(main())
