"""A mail relay on a free port of loopback: aiosmtpd, a library that knows nothing of newshound.

Usage: smtp_server.py FOLDER [--certificate PEM --key PEM] [--user NAME --password WORD] [--greylist N]

With a certificate it offers STARTTLS and takes nothing before it; with a user it takes nothing from
anybody else. The first N messages are answered by 451. Prints `port N`, then for every message
`message N STATUS PATH` once it is kept in FOLDER, byte by byte, beside PATH.json with its envelope.
Ends when its standard input does.
"""

import argparse
import asyncio
import json
import logging
import pathlib
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult


class Keeper:
    def __init__(self, folder, greylist):
        self.folder, self.greylist, self.count = folder, greylist, 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        status = "451 4.7.1 come back later" if self.count <= self.greylist else "250 2.0.0 taken"
        path = self.folder / f"{self.count}.eml"
        path.write_bytes(envelope.original_content)
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "encrypted": session.ssl is not None,
            "user": (session.auth_data or b"").decode(),
        }
        path.with_suffix(".json").write_text(json.dumps(told))
        print("message", self.count, status.split()[0], path, flush=True)
        return status


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--greylist", type=int, default=0)
    return parser.parse_args()


async def serve(given):
    tls = None
    if given.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(given.certificate, given.key)

    def authenticate(server, session, envelope, mechanism, sent):
        known = (sent.login.decode(), sent.password.decode()) == (given.user, given.password)
        return AuthResult(success=known, handled=False, auth_data=sent.login if known else None)

    keeper = Keeper(given.folder, given.greylist)

    def session():
        return SMTP(
            keeper,
            hostname="relay.example",
            tls_context=tls,
            require_starttls=tls is not None,
            authenticator=authenticate if given.user else None,
            auth_required=bool(given.user),
            auth_require_tls=tls is not None,
            enable_SMTPUTF8=True,
        )

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


# What a test asks for on purpose.
warnings.simplefilter("ignore")
logging.disable()
asyncio.run(serve(options()))
