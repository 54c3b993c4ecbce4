# SPDX-License-Identifier: Apache-2.0
"""The table of channels: their names in a case, the host each sends to if the case names none, their options."""

from . import guard, send_dns, send_files, send_http, send_local, send_raw
from .parcel import IP, PORT, SYSTEM, TLS
from .spec import Choice, Flag, Number, Record, Text, Variant, duration

_PATH = Text("a path of a request", r"/[!-~]{0,200}")
_TLS = {"tls": (TLS, SYSTEM)}
_PERHAPS_TLS = {"tls": (TLS, None)}
_PORT = {"port": (PORT, None)}
_HTTP = {
    **_PORT,
    "ip": (IP, "any"),
    "method": (Choice("method", ("POST", "PUT", "GET", "PATCH")), "POST"),
    "path": (_PATH, "/v1/samples"),
    "form": (Choice("form", ("raw", "multipart", "json", "presigned")), "raw"),
    "chunked": (Flag(), False),
    "in": (Choice("place", ("body", "query", "path", "cookie", "header", "user-agent")), "body"),
    "field": (Text("a name of a field", r"[A-Za-z0-9_-]{1,40}"), "X-Request-Id"),
    "piece": (Number(1, 4000), 400),
}
_NAMES = {"type": (Choice("type", ("A", "AAAA", "TXT", "MX", "CNAME")), "A"),
          "alphabet": (Choice("alphabet", ("base32", "hex")), "base32"), "piece": (Number(0, 150), 0)}
_TXT = {**_NAMES, "type": (_NAMES["type"][0], "TXT")}

# name: function, host below mole.example, options
_TABLE = {
    "http": (send_http.send, "upload", _HTTP),
    "https": (send_http.send, "upload", {**_HTTP, **_TLS}),
    "http2": (send_http.send_http2, "upload", {**_PORT, "ip": (IP, "any"), "path": (_PATH, "/v1/samples"), **_TLS}),
    "grpc": (send_http.send_http2, "grpc",
             {**_PORT, "ip": (IP, "any"), "path": (_PATH, "/mole.v1.Samples/Send"), **_TLS}),
    "websocket": (send_http.send_websocket, "channel", {**_PORT, "path": (_PATH, "/v1/channel"),
                                                        "message": (Number(1, 1 << 20), 1 << 16), **_TLS}),
    "dns": (send_dns.send_dns, "names", _NAMES),
    "dot": (send_dns.send_dot, "resolver", {**_TXT, **_TLS}),
    "doh": (send_dns.send_doh, "resolver", {**_TXT, "method": (Choice("method", ("POST", "GET")), "POST"), **_TLS}),
    "server-name": (send_dns.send_server_name, "upload", {"piece": (Number(1, 35), 30)}),
    "ftp": (send_files.send_ftp, "ftp", {"port": (PORT, 21), **_PERHAPS_TLS}),
    "sftp": (send_files.send_sftp, "sftp", {"port": (PORT, 22)}),
    "smtp": (send_files.send_smtp, "mail", {"port": (PORT, 587), "starttls": (TLS, None)}),
    "imap": (send_files.send_imap, "mail", {**_PORT, **_PERHAPS_TLS}),
    "mqtt": (send_files.send_mqtt, "broker",
             {**_PORT, "topic": (Text("a topic", r"[ -\"$-*,-~]{1,100}"), "mole/reports"), **_PERHAPS_TLS}),
    "smb": (send_files.send_smb, "files", {"share": (Text("a name of a share", r"[A-Za-z0-9_$-]{1,40}"), "samples")}),
    "tcp": (send_files.send_tcp, "upload",
            {"port": (PORT, 3310), "framing": (Choice("framing", ("none", "clamd")), "none"), **_PERHAPS_TLS}),
    "udp": (send_raw.send_udp, "upload", {"port": (PORT, 4000), "ip": (IP, "any"), "size": (Number(1, 1400), 1200)}),
    "icmp": (send_raw.send_icmp, "echo", {"ip": (IP, "4"), "size": (Number(1, 1400), 1024)}),
    "ntp": (send_raw.send_ntp, "time", {"in": (Choice("place", ("extension", "timestamp")), "extension"),
                                        "bits": (Choice("number of bits", (8, 16, 24, 32)), 16)}),
    "ip-id": (send_raw.send_ip_id, "echo", {"port": (PORT, 33434)}),
    "quic": (send_raw.send_quic, "upload",
             {"in": (Choice("place", ("short", "initial")), "short"), "size": (Number(1, 1100), 1000)}),
    "body-sizes": (send_http.send_body_sizes, "telemetry", {"base": (Number(0, 100_000), 200), "step": (Number(1, 1000), 1),
                                                            "bits": (Number(1, 8), 8), **_PERHAPS_TLS}),
    "timing": (send_http.send_timing, "telemetry",
               {"unit": (Number(0.01, 86400, whole=False), 1.0), "bits": (Number(1, 8), 1), **_PERHAPS_TLS}),
    "order": (send_http.send_order, "telemetry", {"of": (Choice("thing to order", ("fields", "requests")), "fields"),
                                                  **_PERHAPS_TLS}),
    "usb-stick": (send_local.send_usb_stick, "", {"folder": (Text("a name of a folder", r"[\w.-]{1,60}"), ".Trash-1000")}),
    "spool": (send_local.send_spool, "upload", {"until": (Choice("cause", ("online", "next", "update", "stop")), "online"),
                                                **_TLS}),
    "helper": (send_local.send_helper, "upload", {"program": (Choice("program", ("curl", "mail", "openssl")), "curl"),
                                                  **_PORT, "scheme": (Choice("scheme", ("https", "http")), "https"),
                                                  "path": (_PATH, "/v1/samples")}),
    "relay": (send_local.send_relay, "upload", {"after": (duration(), 60.0), **_TLS}),
    "cron": (send_local.send_cron, "upload", {"after": (duration(), 60.0)}),
}

KIND = Variant("channel", "kind", {name: Record(options) for name, (_, _, options) in _TABLE.items()})


def default_host(channel):
    """The host below mole.example that a channel sends to by itself; "" if it sends to none."""
    label = _TABLE[channel["kind"]][1]
    return f"{label}.mole.example" if label else ""


def deliver(parcel, channel):
    """Sends a parcel by a checked channel; returns whether the peer took it, raises what the channel raises."""
    guard.require_marker()
    options = {"place" if key == "in" else key: value for key, value in channel.items() if key != "kind"}
    if channel["kind"] == "grpc":
        options["grpc"] = True
    return _TABLE[channel["kind"]][0](parcel, **options)
