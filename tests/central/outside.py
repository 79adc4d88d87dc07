"""Who is outside of central: a witness, and a time-stamping authority, each over real HTTP."""

import contextlib
import http.server
import threading

from edge.witness.keys import WitnessKeys
from edge.witness.server import WitnessServer
from edge.witness.store import WitnessStore
from tests.evidence.tsa import LocalTsa


class OutsideWitness:
    """A stand-alone witness in this process, over real HTTP; started, stopped, set back."""

    def __init__(self, folder, name, log):
        self.folder, self.logs = folder, {log.name: log}
        self.keys = WitnessKeys.generate(name)
        WitnessStore.create(folder, self.keys)
        self.address = ("127.0.0.1", 0)

    @contextlib.contextmanager
    def serving(self):
        store = WitnessStore.open(self.folder, self.keys, self.logs)
        server = WitnessServer(self.address, store, self.keys.vkeys)
        self.address = server.server_address[:2]
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            store.close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.address[1]}"


class TsaServer:
    """`openssl ts` behind HTTP, as RFC 3161 section 3.4 has it."""

    def __init__(self, tsa: LocalTsa):
        self.tsa = tsa
        self.asked = 0
        self.answer = tsa.reply

    @contextlib.contextmanager
    def serving(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                outer.asked += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                token = outer.answer(body)
                wanted = self.headers["Content-Type"] == "application/timestamp-query"
                self.send_response(200 if wanted else 415)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(token)))
                self.end_headers()
                self.wfile.write(token)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_address[1]}/"
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
