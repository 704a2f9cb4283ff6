# SPDX-License-Identifier: Apache-2.0
"""A real SMTP server that keeps every mail: smtp_sink.py ADDRESS PORT DIRECTORY.

Runs until SIGTERM. Each mail becomes DIRECTORY/NNN.eml, its envelope in X-Envelope-* headers."""
import asyncio
import os
import sys

from aiosmtpd.smtp import SMTP


class Keep:
    def __init__(self, directory):
        self.directory = directory
        self.count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        path = os.path.join(self.directory, f"{self.count:03}.eml")
        with open(path + ".part", "wb") as out:
            out.write(f"X-Envelope-From: {envelope.mail_from}\r\n".encode())
            out.write(f"X-Envelope-To: {','.join(envelope.rcpt_tos)}\r\n".encode())
            out.write(f"X-Helo: {session.host_name}\r\n".encode())
            out.write(envelope.content)
        os.rename(path + ".part", path)
        return "250 kept"


async def main(address, port, directory):
    handler = Keep(directory)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="sink"), address, int(port))
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
