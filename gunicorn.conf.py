"""How gunicorn serves: threads, because callbacks wait for the database; workers forked from an app that is ready, so
that they share its memory and start at once; no control socket, because nothing uses it.
"""

from dashapp.settings import Settings

_settings = Settings()

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = f"{_host}:{_settings.port}"
workers = _settings.web_concurrency
worker_class = "gthread"
threads = 4
preload_app = True
timeout = 60
graceful_timeout = 30
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True
