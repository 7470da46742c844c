//! worker-build names this dependency and no line of it uses it; the real one brings zip, zstd and rustls along.
