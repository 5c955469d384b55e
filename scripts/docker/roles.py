"""A stand-in for the two places a container's role comes from: the container endpoint (GET) and STS (POST). Standard library only."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

FOREVER = "2099-01-01T00:00:00Z"
CONTAINER = {"AccessKeyId": "AKIDCONTAINER", "SecretAccessKey": "secret", "Token": "token", "Expiration": FOREVER}
WEB_IDENTITY = f"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>AKIDWEB</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
<SessionToken>token</SessionToken><Expiration>{FOREVER}</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer("application/json", json.dumps(CONTAINER) if self.path == "/role" else "{}")

    def do_POST(self):
        form = self.rfile.read(int(self.headers["content-length"])).decode()
        known = "Action=AssumeRoleWithWebIdentity" in form and "WebIdentityToken=a-token" in form
        self.answer("text/xml", WEB_IDENTITY if known else "<ErrorResponse/>", 200 if known else 403)

    def answer(self, kind, body, status=200):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


HTTPServer(("127.0.0.1", int(sys.argv[1])), Answers).serve_forever()
