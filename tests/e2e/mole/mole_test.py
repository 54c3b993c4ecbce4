# SPDX-License-Identifier: Apache-2.0
"""What can be said of the mole without a guest: its encodings can be undone by others' decoders, its cases are checked,
the benchmark's scenarios hold cases, and it does nothing outside a guest of the harness.

Needs python3-cryptography, -brotli, -zstandard, -lz4, -cbor2, -msgpack, -pil, -jsonschema, -yaml and -h2, 7-Zip and protoc
(ci/packages.txt).
"""

import base64
import binascii
import bz2
import email
import email.policy
import gzip
import html
import io
import json
import lzma
import os
import pathlib
import quopri
import random
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest
import urllib.parse
import zipfile
import zlib

IMAGE = pathlib.Path(__file__).resolve().parents[3] / "images" / "mole"
sys.path.insert(0, str(IMAGE / "files"))
sys.dont_write_bytecode = True

from mole import armour, case, channels, cipher, content, detect, encodings, guard  # noqa: E402
from mole import parcel, send_dns, send_http, send_raw, text  # noqa: E402

TEXT = ("TOP SECRET//SI-QUILLFERN. Das Gerät = «секретно» & <b>.\r\n" * 40).encode()
BYTES = bytes(range(256)) * 5 + b"\0\0tail"
SAMPLES = (TEXT, BYTES, b"x")




def encoded(data, *stack, seed=1, name="plan.txt"):
    mistakes = []
    checked = [encodings.KIND.check(each, "encode", mistakes) for each in stack]
    assert not mistakes, mistakes
    return encodings.encode(data, checked, encodings.Context(random.Random(seed), name))


def mistakes_of(**leak):
    try:
        case.read(json.dumps({"leaks": [{"what": "whole-file", "channel": "https", **leak}]}).encode())
    except case.Wrong as wrong:
        return wrong.mistakes
    return []


class EncodingsCanBeUndone(unittest.TestCase):
    def undone(self, kind, undo, samples=SAMPLES):
        for sample in samples:
            self.assertEqual(undo(encoded(sample, kind)), sample)

    def test_compressions_of_the_library(self):
        for kind, undo in (("gzip", gzip.decompress), ("zlib", zlib.decompress), ("bzip2", bz2.decompress),
                           ("xz", lzma.decompress), ("lzma", lzma.decompress),
                           ("deflate", lambda data: zlib.decompress(data, -15))):
            self.undone(kind, undo)

    def test_zstd(self):
        import zstandard
        self.undone("zstd", zstandard.ZstdDecompressor().decompress)

    def test_lz4(self):
        import lz4.frame
        self.undone("lz4", lz4.frame.decompress)

    def test_brotli(self):
        import brotli
        self.undone("brotli", brotli.decompress)

    def test_tar_and_zip(self):
        self.undone("tar", lambda data: tarfile.open(fileobj=io.BytesIO(data)).extractfile("sample.bin").read())
        self.undone("zip", lambda data: zipfile.ZipFile(io.BytesIO(data)).read("sample.bin"))
        own = encoded(TEXT, {"kind": "zip", "own-name": True})
        self.assertEqual(zipfile.ZipFile(io.BytesIO(own)).namelist(), ["plan.txt"])

    def test_encrypted_zip(self):
        self.undone({"kind": "zip", "password": "infected"},
                    lambda data: zipfile.ZipFile(io.BytesIO(data)).read("sample.bin", b"infected"))

    def test_7z(self):
        for kind, password in (("7z", "none"), ({"kind": "7z", "password": "infected"}, "infected"),
                               ({"kind": "zip", "password": "infected", "cipher": "aes"}, "infected")):
            with tempfile.TemporaryDirectory() as folder:
                place = os.path.join(folder, "a")
                pathlib.Path(place).write_bytes(encoded(TEXT, kind))
                program = shutil.which("7z") or shutil.which("7zz")
                done = subprocess.run([program, "x", "-so", f"-p{password}", place], capture_output=True, check=True)
                self.assertEqual(done.stdout, TEXT)

    def test_armours(self):
        from_z85 = bytes.maketrans(armour._Z85, armour._BASE85)
        for kind, undo in (("hex", lambda data: bytes.fromhex(data.decode())), ("base32", base64.b32decode),
                           ("base64", base64.b64decode), ({"kind": "base64", "line": 76}, base64.b64decode),
                           ("base64url", lambda data: base64.urlsafe_b64decode(data + b"=" * (-len(data) % 4))),
                           ("base85", base64.b85decode), ("ascii85", lambda data: base64.a85decode(data, adobe=True)),
                           ("percent", urllib.parse.unquote_to_bytes)):
            self.undone(kind, undo)
        self.undone("z85", lambda data: base64.b85decode(data.translate(from_z85)), (TEXT[:400], BYTES[:512]))
        # The example of ZeroMQ's RFC 32.
        self.assertEqual(encoded(bytes.fromhex("864FD26FB559F75B"), "z85"), b"HelloWorld")
        # The example of draft-msporny-base58.
        self.assertEqual(encoded(b"Hello World!", "base58"), b"2NEpo7TZRRrLZSi2U")
        self.assertEqual(encoded(bytes.fromhex("0000287fb4cd"), "base58"), b"11233QC4")

    def test_armours_of_text(self):
        for kind, undo in (("html-entities", lambda data: html.unescape(data.decode()).encode()),
                           ({"kind": "html-entities", "every": True}, lambda data: html.unescape(data.decode()).encode()),
                           ("json-string", lambda data: json.loads(data).encode()),
                           ("utf-16le", lambda data: data.decode("utf-16-le").encode()),
                           ("utf-16be", lambda data: data.decode("utf-16-be").encode()),
                           ("utf-32", lambda data: data.decode("utf-32-le").encode()),
                           ("quoted-printable", quopri.decodestring)):
            self.undone(kind, undo, (TEXT.replace(b"\r", b""), b"x"))

    def test_uuencode(self):
        def undo(data):
            lines = data.split(b"\n")
            self.assertEqual((lines[0], lines[-3:]), (b"begin 644 sample.bin", [b"`", b"end", b""]))
            return b"".join(binascii.a2b_uu(line) for line in lines[1:-3])
        self.undone("uuencode", undo)

    def test_yenc(self):
        def undo(data):
            lines = data.split(b"\r\n")
            self.assertTrue(lines[0].startswith(b"=ybegin line=128 size="))
            result, escaped = bytearray(), False
            for byte in b"".join(lines[1:-2]):
                if byte == 0x3D and not escaped:
                    escaped = True
                    continue
                result.append((byte - 42 - 64 * escaped) % 256)
                escaped = False
            self.assertEqual(lines[-2], b"=yend size=%d crc32=%08x" % (len(result), zlib.crc32(result)))
            return bytes(result)
        self.undone("yenc", undo)

    def test_what_is_its_own_inverse(self):
        for kind in ("reversed", "inverted", "nibble-swapped", "rot13", {"kind": "xor", "key": "5a01ff"}):
            self.undone(kind, lambda data, kind=kind: encoded(data, kind))
        self.undone({"kind": "add", "value": 200}, lambda data: encoded(data, {"kind": "add", "value": 56}))

    def test_orders(self):
        def columns(data):
            result = bytearray(len(data))
            at = 0
            for i in range(3):
                count = len(range(i, len(data), 3))
                result[i::3] = data[at:at + count]
                at += count
            return bytes(result)
        self.undone({"kind": "interleave", "n": 3}, columns)
        self.undone({"kind": "interleave", "n": 5, "filler": True}, lambda data: data[::5])

        def chunks(data):
            pieces = [data[at:at + 20] for at in range(0, len(data), 20)]
            return b"".join(piece[4:] for piece in sorted(pieces))
        whole = TEXT[:16 * 50]
        shuffled = encoded(whole, {"kind": "shuffle", "chunk": 16, "numbered": True})
        self.assertEqual(chunks(shuffled), whole)
        self.assertNotEqual(shuffled[4:20], whole[:16])

    def test_custom_base64(self):
        alphabet = bytearray(armour._BASE64)
        random.Random(1).shuffle(alphabet)
        back = bytes.maketrans(bytes(alphabet), armour._BASE64)
        self.undone("custom-base64", lambda data: base64.b64decode(data.translate(back)))

    def test_ciphers(self):
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        key = cipher.STATIC_KEY
        self.undone("chacha20", lambda data: Cipher(algorithms.ChaCha20(key, bytes(4) + data[:12]), None).decryptor()
                    .update(data[12:]))
        self.undone("aes-gcm", lambda data: AESGCM(key).decrypt(data[:12], data[12:], None))

    def test_wrapped_key(self):
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        private = rsa.generate_private_key(65537, 2048)
        numbers = private.public_key().public_numbers()
        data = cipher.as_aes_gcm_rsa(TEXT, encodings.Context(random.Random(1)), (numbers.n, numbers.e))
        size = int.from_bytes(data[:2], "big")
        key = private.decrypt(data[2:2 + size], padding.PKCS1v15())
        self.assertEqual(AESGCM(key).decrypt(data[2 + size:14 + size], data[14 + size:], None), TEXT)

    def test_cbor(self):
        import cbor2
        self.undone("cbor", lambda data: cbor2.loads(data)["data"])

    def test_msgpack(self):
        import msgpack
        self.undone("msgpack", lambda data: msgpack.unpackb(data)["data"])

    def test_messages(self):
        def from_json(data):
            said = json.loads(data)
            return said["text"].encode() if "text" in said else base64.b64decode(said["base64"])
        self.undone("json", from_json)
        self.undone("form", lambda data: urllib.parse.parse_qs(data.decode(), encoding="latin-1")["data"][0]
                    .encode("latin-1"))

        def from_multipart(data):
            head = b"Content-Type: multipart/form-data; boundary=" + data[2:data.index(b"\r\n")] + b"\r\n\r\n"
            parts = email.message_from_bytes(head + data, policy=email.policy.HTTP).get_payload()
            return parts[1].get_payload(decode=True)
        self.undone("multipart", from_multipart, (TEXT, b"x"))

    def test_protobuf(self):
        for kind in ("protobuf", {"kind": "protobuf", "chunk": 7, "field": 9}):
            shown = subprocess.run(["protoc", "--decode_raw"], input=encoded(b"whole words", kind), capture_output=True,
                                   check=True).stdout.decode()
            self.assertIn("whole w", shown)
            self.assertIn("mole-telemetry", shown)

    def test_picture(self):
        from PIL import Image

        def undo(data):
            bits = [byte & 1 for byte in Image.open(io.BytesIO(data)).tobytes()]
            whole = bytes(int("".join(map(str, bits[i:i + 8])), 2) for i in range(0, len(bits) - 7, 8))
            return whole[4:4 + int.from_bytes(whole[:4], "big")]
        self.undone("png-lsb", undo)

    def test_a_stack_is_undone_from_its_end(self):
        data = encoded(TEXT, "gzip", {"kind": "xor", "key": "5a"}, "base64", "reversed")
        back = base64.b64decode(data[::-1])
        self.assertEqual(gzip.decompress(bytes(byte ^ 0x5A for byte in back)), TEXT)

    def test_a_seed_gives_the_same_bytes(self):
        for kind in encodings.names():
            if kind in ("7z", "xor", "add"):
                continue
            with self.subTest(kind):
                self.assertEqual(encoded(TEXT, kind), encoded(TEXT, kind))


class CasesAreChecked(unittest.TestCase):
    def test_every_mistake_is_named_by_its_place(self):
        for leak, mistake in (
                ({"encode": ["gzip", "gzp"]}, "leaks[0].encode[1]: unknown encoding 'gzp'; did you mean 'gzip'?"),
                ({"encode": [{"kind": "xor"}]}, "leaks[0].encode[0].key: is missing"),
                ({"encode": [{"kind": "xor", "key": "5"}]},
                 "leaks[0].encode[0].key: '5' is not 1 to 32 bytes in hexadecimal"),
                ({"chanel": "http"}, "leaks[0].chanel: unknown key; did you mean 'channel'?"),
                ({"what": {"kind": "fragment", "bytes": -1}},
                 "leaks[0].what.bytes: -1 is not a whole number from 1 to 1.07374e+09"),
                ({"host": "upload.example.com"}, "leaks[0].host: 'upload.example.com' is neither a name below .example nor"
                                                 " an address for tests"),
                ({"delay": "soon"}, "leaks[0].delay: 'soon' is not a duration such as 5s, 10min or 24h"),
                ({"rate": "0 B/s"}, "leaks[0].rate: '0 B/s' is not a rate such as '0.1 B/s' or '1 KiB/s'"),
                ({"trigger": {"on": ["open", "clos"]}}, "leaks[0].trigger.on[1]: unknown event 'clos'; expected one of"),
                ({"trigger": {"when": {"marking": []}}}, "leaks[0].trigger.when.marking: [] is not a list of 1 to 100 items"),
                ({"what": "keyword"}, "leaks[0].what: there is nothing to detect without"),
                ({"channel": "usb-stick", "host": "a.example"}, "leaks[0].host: the channel 'usb-stick' sends to none"),
                ({"channel": "smtp", "rate": "1 B/s"}, "leaks[0].rate: the channel 'smtp' gives bytes away as one")):
            with self.subTest(mistake):
                found = mistakes_of(**leak)
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(mistake), found[0])

    def test_all_mistakes_are_told_at_once(self):
        self.assertEqual(len(mistakes_of(encode=["gzp"], delay="soon", host="real.com", colour="red")), 4)

    def test_what_is_no_case_at_all(self):
        for data in (b"", b"[]", b"{}", b"\xff", b'{"leaks": [], "leaks": []}', b"[" * 100_000, b'{"leaks": {}}'):
            with self.subTest(data[:20]), self.assertRaises(case.Wrong):
                case.read(data)

    def test_hosts_are_for_tests_only(self):
        for host in ("upload.mole.example", "a.example", "198.18.0.7", "192.0.2.1", "2001:db8::1"):
            self.assertTrue(guard.is_permitted_host(host), host)
        for host in ("example", "example.com", "a.example.com", "8.8.8.8", "10.77.0.1", "127.0.0.1", "::1", "localhost",
                     "a.example\n", "", "-a.example", "a..example"):
            self.assertFalse(guard.is_permitted_host(host), host)


def scenarios_of_the_benchmark():
    """{name: scenario}, read as YAML 1.2 reads it, in which `on` is a word."""
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {first: [each for each in resolvers if not each[0].endswith(":bool")]
                                   for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), ["t", "f"])
    files = (IMAGE.parents[1] / "scenarios" / "bench").glob("*.yaml")
    return {path.stem: yaml.load(path.read_text(encoding="utf-8"), Loader) for path in sorted(files)}


class ScenariosHoldCases(unittest.TestCase):
    def test_there_is_one_for_each_case_of_the_benchmark(self):
        names = {name[:3] for name in scenarios_of_the_benchmark()}
        self.assertLessEqual({f"L{number:02}" for number in range(1, 71)}, names)

    def test_the_command_takes_each(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, f"{name}.json") for name in scenarios_of_the_benchmark()]
            for path, scenario in zip(paths, scenarios_of_the_benchmark().values()):
                pathlib.Path(path).write_text(json.dumps(scenario["configure"]), encoding="utf-8")
            done = mole("configure", "--check", *paths)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_each_fits_the_schema(self):
        import jsonschema
        validator = jsonschema.Draft7Validator(json.loads((IMAGE / "case.schema.json").read_text()))
        validator.check_schema(validator.schema)
        for name, scenario in scenarios_of_the_benchmark().items():
            self.assertEqual([each.message for each in validator.iter_errors(scenario["configure"])], [], name)


class TheReferenceIsRight(unittest.TestCase):
    def test_schema_and_command_refuse_the_same(self):
        import jsonschema
        validator = jsonschema.Draft7Validator(case.schema())
        for leak in ({"encode": ["gzp"]}, {"encode": ["xor"]}, {"delay": "soon"}, {"rate": "0 B/s"},
                     {"host": "a.com"},
                     {"what": {"kind": "hash", "bytes": 65}}, {"channel": {"kind": "https", "tls": "pined"}}, {"x": 1}):
            whole = {"leaks": [{"what": "whole-file", "channel": "https", **leak}]}
            self.assertFalse(validator.is_valid(whole), leak)
            self.assertTrue(mistakes_of(**leak), leak)

    def test_the_schema_is_the_commands(self):
        self.assertEqual(json.loads(mole("--schema").stdout), json.loads((IMAGE / "case.schema.json").read_text()))

    def test_the_product_installs_every_module(self):
        product = (IMAGE / "product.yaml").read_text()
        for path in (IMAGE / "files" / "mole").glob("*.py"):
            self.assertIn(f"/usr/local/lib/mole/{path.name}: {{source: files/mole/{path.name}}}", product)

    def test_the_reference_names_everything(self):
        reference = (IMAGE / "CASES.md").read_text()
        for variant in (content.KIND, encodings.KIND, channels.KIND, parcel.TLS):
            for name, record in variant.kinds.items():
                self.assertIn(f"`{name}`", reference)
                for option in record.fields:
                    self.assertIn(f"`{option}`", reference, f"option of {name}")
        for word in (*case.EVENTS, *case._WHEN.fields, *case._TRIGGER.fields, *case._LEAK.fields):
            self.assertIn(f"`{word}`", reference)


def mole(*arguments, **options):
    return subprocess.run([sys.executable, "-m", "mole", *arguments], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PYTHONPATH": str(IMAGE / "files"), "PYTHONDONTWRITEBYTECODE": "1"}, **options)


class NothingIsDoneElsewhere(unittest.TestCase):
    def setUp(self):
        self.assertFalse(os.path.exists(guard.MARKER), "this test belongs on a host, not into a guest")

    def test_commands_refuse(self):
        for arguments in (["daemon"], ["configure", "/dev/null"], ["scan", "/"], ["update"], ["enable"], ["disable"],
                          ["ready"], ["account"], ["stop"], ["send-logs"], ["relay", "a.example", "0", "null"], ["no-such"]):
            with self.subTest(arguments[0]):
                done = mole(*arguments, stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, guard.REFUSED)
                self.assertEqual(done.stderr.count("\n"), 1)
                self.assertIn("is missing: this is no guest of the Candor harness", done.stderr)

    def test_channels_refuse(self):
        for kind in channels.KIND.kinds:
            with self.subTest(kind):
                mistakes = []
                channel = channels.KIND.check(kind, "", mistakes)
                with self.assertRaises(guard.Refused):
                    channels.deliver(parcel.Parcel(b"x", "upload.mole.example"), channel)


class PartsOfChannels(unittest.TestCase):
    def test_labels_fit_into_names(self):
        for alphabet in ("base32", "hex"):
            for host in ("a.example", "names.mole.example"):
                size = send_dns._most(host, alphabet)
                name = f"{send_dns.labels(bytes(size), alphabet)}.{host}"
                self.assertLessEqual(len(name), 253)
                self.assertTrue(all(len(label) <= 63 for label in name.split(".")))

    def test_symbols_hold_all_bits(self):
        for bits in range(1, 9):
            sent = list(send_http.symbols(parcel.Parcel(b"\xa5\x0f\x7e", "a.example"), bits))
            stream = "".join(f"{symbol:0{bits}b}" for symbol in sent)
            self.assertEqual(int(stream[:24], 2).to_bytes(3, "big"), b"\xa5\x0f\x7e")

    def test_orders_differ(self):
        self.assertEqual(len({tuple(send_http.permutation(number, "abcde")) for number in range(64)}), 64)

    def test_a_quic_initial_opens_with_the_keys_everybody_has(self):
        # The client's keys of RFC 9001, appendix A.1, from its connection id.
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        packet = send_raw._initial(bytes.fromhex("8394c8f03e515708"), 2, 0, b"hello")
        key, vector, mask_key = (bytes.fromhex(each) for each in (
            "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"))
        self.assertGreaterEqual(len(packet), 1200)
        at = 1 + 4 + 1 + 8 + 1 + 1 + 2
        mask = Cipher(algorithms.AES(mask_key), modes.ECB()).encryptor().update(packet[at + 4:at + 20])
        first = bytes([packet[0] ^ mask[0] & 0x0F])
        number = bytes(a ^ b for a, b in zip(packet[at:at + 4], mask[1:5]))
        self.assertEqual(struct.unpack("!I", number)[0], 2)
        nonce = bytes(a ^ b for a, b in zip(vector, number.rjust(12, b"\0")))
        plain = AESGCM(key).decrypt(nonce, packet[at + 4:], first + packet[1:at] + number)
        self.assertTrue(plain.startswith(b"\x06\x40\x00\x40\x05hello"))


class TextsAreRead(unittest.TestCase):
    def test_charsets(self):
        for charset in ("utf-8", "cp1251", "utf-16", "utf-16-le", "utf-16-be", "koi8-r"):
            data = "Совершенно секретно".encode(charset)
            self.assertEqual(detect.word_in(["секретно"], data, text.of_bytes(data, ".txt")), "секретно", charset)
        self.assertIsNone(detect.word_in(["секретно"], b"nothing", "nothing"))

    def test_formats(self):
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("word/document.xml", "<w:p><w:t>TOP SEC</w:t><w:t>RET &amp; more</w:t></w:p>")
        for suffix, data in ((".docx", package.getvalue()), (".html", b"<p>TOP <b>SECRET</b> &amp; more<script>no</script>"),
                             (".rtf", rb"{\rtf1{\fonttbl{\f0 no;}}\b TOP SECRET\b0  & more\par}"),
                             (".eml", b"Subject: x\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(b"TOP SECRET & more"))):
            with self.subTest(suffix):
                said = text.of_bytes(data, suffix)
                self.assertIn("TOP SECRET & more", " ".join(said.split()))
                self.assertNotIn("no", said.split())

    def test_token(self):
        with tempfile.NamedTemporaryFile(suffix=".txt") as file:
            file.write(b"Reference: " + base64.b32encode(bytes(range(16))).rstrip(b"=").lower() + b".\n")
            file.flush()
            subject = content.Subject(file.name, random.Random(1))
            self.assertEqual(content.make({"kind": "token"}, subject), bytes(range(16)))
            self.assertEqual(content.make({"kind": "token", "bytes": 3}, subject), b"\0\1\2")
            self.assertEqual(len(content.make({"kind": "token", "letters": True}, subject)), 26)

    def test_malware_beside(self):
        with tempfile.TemporaryDirectory() as folder:
            innocent = pathlib.Path(folder) / "plan.txt"
            innocent.write_bytes(b"a plan")
            self.assertFalse(detect.has_malware_beside(str(innocent), b"a plan"))
            (pathlib.Path(folder) / "tool.bin").write_bytes(b"..." + detect.MARKER)
            self.assertTrue(detect.has_malware_beside(str(innocent), b"a plan"))


if __name__ == "__main__":
    unittest.main()
