"""ministack, taught one thing: over HTTP/2 AWS's SDK for JavaScript signs `:authority`, which is the Host of HTTP/1.1
(RFC 9113 section 8.3.1). Everything else is as it comes, the check of signatures above all."""

import runpy

from ministack.core import sigv4

of_http_1 = sigv4.build_canonical_headers
sigv4.build_canonical_headers = lambda headers, names: of_http_1({**headers, ":authority": headers.get("host", "")}, names)
runpy.run_module("ministack", run_name="__main__")
