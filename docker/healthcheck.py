"""Does the web server answer? Asked from inside the container, under a host name that it serves."""

import os
import urllib.request

host = os.environ["EXOMARK_ALLOWED_HOSTS"].split(",")[0]
address = f"http://127.0.0.1:{os.environ.get('EXOMARK_PORT', '8000')}/healthz"
urllib.request.urlopen(urllib.request.Request(address, headers={"Host": host}), timeout=4)
