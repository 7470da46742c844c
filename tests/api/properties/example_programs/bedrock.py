"""ministack with one change: over HTTP/2, AWS's SDK for JavaScript signs `:authority`, which corresponds to the Host
header of HTTP/1.1 (RFC 9113 section 8.3.1). The check of signatures is unchanged."""

import runpy

from ministack.core import sigv4

original = sigv4.build_canonical_headers
sigv4.build_canonical_headers = lambda headers, names: original({**headers, ":authority": headers.get("host", "")}, names)
runpy.run_module("ministack", run_name="__main__")
