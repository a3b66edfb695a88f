"""An OpenID provider on loopback, which is told what to hold by JSON in OPENID_PROVIDER. It has a process of its own,
for Django configures the process that it runs in.
"""

import os
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.web.openid_provider.settings"


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Nothing: the process's output is read once, for its first line."""


def main() -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    django.setup()
    call_command("migrate", verbosity=0)
    _fill(settings.GIVEN)
    port = settings.GIVEN["port"]
    with make_server("127.0.0.1", port, get_wsgi_application(), Server, Quiet) as server:
        print("ready", flush=True)  # noqa: T201 - who started the process waits for it
        server.serve_forever()


def _fill(given: dict[str, object]) -> None:
    """One application, and people with their groups."""
    from django.contrib.auth.models import Group, User
    from oauth2_provider.models import Application

    Application.objects.create(
        name="Watchfloor",
        client_id=given["client_id"],
        client_secret=given["client_secret"],
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        algorithm=Application.RS256_ALGORITHM,
        redirect_uris=given["redirect_uri"],
    )
    for name, groups in given["people"].items():
        user = User.objects.create_user(name, password=given["password"], first_name=name.title(), last_name="Example")
        user.groups.set(Group.objects.get_or_create(name=group)[0] for group in groups)


main()
