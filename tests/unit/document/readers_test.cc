// SPDX-License-Identifier: Apache-2.0
//
// Programs that other people wrote read the documents back.
#include <gmock/gmock.h>

#include "reading.h"

namespace candor::document {
namespace {

using model::Canary;
using model::CanaryPlace;
using testing::HasSubstr;
using testing::IsEmpty;

/// What pdftotext finds in a file.
std::string pdf_text(const std::string& path) {
  return must_run({.name = "pdftotext", .argv = {"pdftotext", "-enc", "UTF-8", path, "-"}});
}

void expect_tokens(const Planted& planted, const std::string& shown,
                   std::initializer_list<CanaryPlace> places) {
  for (const Canary& canary : planted.document.canaries)
    if (std::find(places.begin(), places.end(), canary.place) != places.end()) {
      EXPECT_THAT(shown, HasSubstr(canary.token)) << planted.document.id << " " << text(canary.place);
    }
}

std::vector<Planted> for_office() {
  Specs specs;
  const std::pair<const char*, const char*> wanted[] = {
      {"docx", "us/top-secret"}, {"docm", "nato/secret"}, {"odt", "ru/secret"}, {"rtf", "eu/top-secret"},
      {"html", "uk/secret"},     {"xlsx", "us/secret"},   {"pptx", "us/secret"}};
  for (const auto& [format, marking] : wanted) specs[format] = spec_of(format, marking);
  return generate(specs, Seed(9));
}

/// What LibreOffice shows of documents, by format: it makes PDFs of all in one start, as a start takes
/// seconds.
std::map<std::string, std::string> shown_by_office(const std::vector<Planted>& documents) {
  const TempDir dir("/tmp", "office-test-");
  const std::filesystem::path out = dir.path() / "out";
  std::vector<std::string> argv = {
      "soffice",    "-env:UserInstallation=file://" + (dir.path() / "profile").string(),
      "--headless", "--convert-to",
      "pdf",        "--outdir",
      out.string()};
  for (const Planted& planted : documents) {
    argv.push_back((dir.path() / (planted.document.id + "." + planted.document.format)).string());
    write_file(std::filesystem::path(argv.back()), ByteView(planted.content));
  }
  must_run({.name = "soffice", .argv = argv, .env = {{"HOME", dir.path().string()}}}, {},
           std::chrono::seconds(100));
  std::map<std::string, std::string> shown;
  for (const Planted& planted : documents)
    shown[planted.document.format] = pdf_text((out / (planted.document.id + ".pdf")).string());
  return shown;
}

TEST(LibreOffice, ShowsTokensTextAndMarkings) {
  const std::vector<Planted> documents = for_office();
  std::map<std::string, std::string> shown = shown_by_office(documents);
  for (const Planted& planted : documents) {
    const std::string& format = planted.document.format;
    expect_tokens(planted, shown[format], {CanaryPlace::body});
    if (format != "html") expect_tokens(planted, shown[format], {CanaryPlace::header});
    // A paragraph that goes over to the next page has headers in it; sheets cut what does not fit.
    const std::vector<std::string> missing = unseen(planted, shown[format]);
    if (format != "xlsx") {
      EXPECT_LE(missing.size(), lines_of(planted.text).size() / 20)
          << format << ": " << testing::PrintToString(missing);
    }
  }
  EXPECT_THAT(shown["docx"], HasSubstr("TOP SECRET//SI-QUILLFERN//ORCON/NOFORN"));
  EXPECT_THAT(shown["odt"], HasSubstr("Секретно"));
  EXPECT_THAT(shown["rtf"], HasSubstr("TRÈS SECRET UE/EU TOP SECRET"));
  EXPECT_THAT(shown["xlsx"], HasSubstr("SECRET//NOFORN"));
  EXPECT_THAT(shown["pptx"], HasSubstr("SECRET//NOFORN"));
}

TEST(Pdf, IsReadByPdftotextAndPdfinfo) {
  for (const char* marking : {"us/top-secret", "ru/top-secret", "eu/secret"}) {
    const Planted planted = one(spec_of("pdf", marking));
    const PlantedFile file(planted);
    const std::string shown = pdf_text(file.path());
    expect_tokens(planted, shown, {CanaryPlace::body, CanaryPlace::header});
    EXPECT_LE(unseen(planted, shown).size(), 6U) << testing::PrintToString(unseen(planted, shown));
    expect_tokens(planted, must_run({.name = "pdfinfo", .argv = {"pdfinfo", file.path()}}),
                  {CanaryPlace::property});
  }
}

TEST(Docx, IsReadByPythonDocxInEveryLanguage) {
  const std::pair<const char*, const char*> wanted[] = {
      {"docx", "us/top-secret"}, {"docx", "ru/secret"}, {"docm", "cn/secret"}};
  for (const auto& [format, marking] : wanted) {
    const Planted planted = one(spec_of(format, marking));
    const std::string text = read_by_python(planted, R"(
import sys
from docx.opc.part import PartFactory
from docx.parts.document import DocumentPart
# python-docx does not know the type of a main part with macros; it is the same part.
PartFactory.part_type_for['application/vnd.ms-word.document.macroEnabled.main+xml'] = DocumentPart
from docx.package import Package
d = Package.open(sys.argv[1]).main_document_part.document
body = d.element.body
ns = '{http://schemas.openxmlformats.org/wordprocessingml/2006/main}'
for p in body.iter(ns + 'p'): print(''.join(t.text for t in p.iter(ns + 't')))
for s in d.sections:
    print('\n'.join(p.text for p in s.header.paragraphs))
    print('\n'.join(p.text for p in s.footer.paragraphs))
c = d.core_properties
print(c.title, c.author, c.keywords)
print(len(d.inline_shapes), 'pictures', len(d.tables), 'tables')
)");
    expect_tokens(planted, text, {CanaryPlace::body, CanaryPlace::header, CanaryPlace::property});
    EXPECT_THAT(text, HasSubstr("1 pictures"));
    EXPECT_THAT(unseen(planted, text), IsEmpty());
  }
}

TEST(Docm, HoldsAMacroInACompoundFile) {
  const Planted planted = one(spec_of("docm", "us/secret"));
  const PlantedFile file(planted);
  const TempDir dir("/tmp", "document-test-");
  const std::filesystem::path project = dir.path() / "vbaProject.bin";
  write_file(project, std::string_view(member_of(file.path(), "word/vbaProject.bin")));
  EXPECT_THAT(must_run({.name = "file", .argv = {"file", "-b", project.string()}}),
              HasSubstr("Composite Document"));
  const std::string list = must_run({.name = "7z", .argv = {"7z", "l", project.string()}});
  EXPECT_THAT(list, HasSubstr("ThisDocument"));
  EXPECT_THAT(list, HasSubstr("PROJECT"));
}

TEST(Xlsx, IsReadByOpenpyxl) {
  const Planted planted = one(spec_of("xlsx", "cn/secret"));
  const std::string text = read_by_python(planted, R"(
import openpyxl, sys
w = openpyxl.load_workbook(sys.argv[1])
for s in w:
    print(s.oddHeader.center.text, s.oddHeader.right.text)
    for r in s.iter_rows(values_only=True): print(*(c for c in r if c is not None), sep='\t')
print(w.properties.title, w.properties.keywords)
)");
  expect_tokens(planted, text, {CanaryPlace::body, CanaryPlace::header, CanaryPlace::property});
  EXPECT_THAT(unseen(planted, text), IsEmpty());
}

TEST(Csv, IsReadByPythonInEveryCharset) {
  const std::pair<const char*, const char*> wanted[] = {{"us/secret", "utf-8"},   {"ru/secret", "utf-16le"},
                                                        {"ru/secret", "cp1251"},  {"ru/secret", "koi8-r"},
                                                        {"cn/secret", "gb18030"}, {"cn/secret", "utf-16le"}};
  for (const auto& [marking, charset] : wanted) {
    const Planted planted = one(spec_of("csv", marking, charset));
    const std::string codec = std::string(charset) == "utf-16le" ? "utf-16" : charset;
    const std::string text = read_by_python(planted, R"(
import csv, io, sys
sys.stdout.reconfigure(encoding='utf-8')
for r in csv.reader(io.open(sys.argv[1], newline='', encoding=')" +
                                                         codec + R"(')): print(*r[1:], sep='\t')
)");
    EXPECT_EQ(text, planted.text) << charset;
  }
}

TEST(Txt, IsReadByIconvInEveryCharset) {
  const std::pair<const char*, const char*> wanted[] = {{"ru/secret", "UTF-16"},
                                                        {"ru/top-secret", "CP1251"},
                                                        {"ru/official", "KOI8-R"},
                                                        {"cn/secret", "GB18030"}};
  const std::map<std::string, std::string> names = {
      {"UTF-16", "utf-16le"}, {"CP1251", "cp1251"}, {"KOI8-R", "koi8-r"}, {"GB18030", "gb18030"}};
  for (const auto& [marking, codec] : wanted) {
    const Planted planted = one(spec_of("txt", marking, names.at(codec)));
    const std::string text = read_by(planted, {"iconv", "-f", codec, "-t", "UTF-8", "FILE"});
    EXPECT_THAT(unseen(planted, text), IsEmpty());
    expect_tokens(planted, text, {CanaryPlace::body});
  }
}

TEST(Html, IsReadByPythonsParserInEveryCharset) {
  for (const auto& [marking, charset] : std::map<std::string, std::string>{{"us/secret", "utf-8"},
                                                                           {"ru/secret", "koi8-r"},
                                                                           {"ru/top-secret", "utf-16le"},
                                                                           {"cn/secret", "gb18030"}}) {
    const Planted planted = one(spec_of("html", marking, charset));
    const std::string text = read_by_python(planted, R"py(
import base64, html.parser, re, sys
sys.stdout.reconfigure(encoding='utf-8')
raw = open(sys.argv[1], 'rb').read()
label = 'utf-16' if raw[:2] == b'\xff\xfe' else re.search(rb'charset="([^"]+)"', raw).group(1).decode()
class P(html.parser.HTMLParser):
    def handle_data(self, d): print(d)
    def handle_comment(self, d): print(d)
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == 'meta': print(a.get('content'))
        if tag == 'img': print(base64.b64decode(a['src'].split(',')[1]).decode('latin-1'))
P().feed(raw.decode(label))
)py");
    ;
    expect_tokens(planted, text,
                  {CanaryPlace::body, CanaryPlace::header, CanaryPlace::property, CanaryPlace::image});
    EXPECT_THAT(unseen(planted, text), IsEmpty());
  }
}

TEST(Eml, IsReadByPythonsEmailPackageWithoutDefectsInEveryCharset) {
  for (const auto& [marking, charset] : std::map<std::string, std::string>{{"uk/secret", "utf-8"},
                                                                           {"eu/top-secret", "utf-8"},
                                                                           {"ru/secret", "koi8-r"},
                                                                           {"ru/top-secret", "cp1251"},
                                                                           {"ru/official", "utf-16le"},
                                                                           {"cn/secret", "gb18030"}}) {
    const Planted planted = one(spec_of("eml", marking, charset));
    const std::string text = read_by_python(planted, R"(
import email, email.policy, sys
sys.stdout.reconfigure(encoding='utf-8')
m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
assert not m.defects, m.defects
for k, v in m.items(): print(k, v)
for part in m.walk():
    assert not part.defects, part.defects
    if part.get_content_type() == 'text/plain': print(part.get_content())
    if part.get_content_type() == 'text/html': assert '<h1>' in part.get_content()
    if part.get_content_type() == 'image/png': print(part.get_content().decode('latin-1'))
)");
    expect_tokens(planted, text,
                  {CanaryPlace::body, CanaryPlace::header, CanaryPlace::attachment, CanaryPlace::image});
    EXPECT_THAT(unseen(planted, text), IsEmpty()) << charset;
  }
}

TEST(Png, IsAPictureWithTheTokenInATextChunk) {
  const Planted planted = one(spec_of("png", "ru/secret"));
  const std::string text = read_by_python(planted, R"(
import struct, sys, zlib
b = open(sys.argv[1], 'rb').read()
assert b[:8] == b'\x89PNG\r\n\x1a\n'
at, data = 8, b''
while at < len(b):
    n, kind = struct.unpack('>I4s', b[at:at + 8])
    body = b[at + 8:at + 8 + n]
    assert struct.unpack('>I', b[at + 8 + n:at + 12 + n])[0] == zlib.crc32(kind + body)
    if kind == b'IHDR': w, h, depth = struct.unpack('>IIB', body[:9])
    if kind == b'tEXt': print(body.replace(b'\0', b' ').decode())
    if kind == b'IDAT': data += body
    at += 12 + n
rows = zlib.decompress(data)
assert depth == 8 and len(rows) == h * (w + 1), (w, h, depth)
dark = sum(1 for p in rows if 0 < p < 128)
assert dark > 20000, dark
)");
  expect_tokens(planted, text, {CanaryPlace::image});
}

TEST(Archives, AreOpenedByTheUsualProgramsWithTheirPassword) {
  const std::map<std::string, std::vector<std::string>> tests = {
      {"zip", {"unzip", "-tqq", "FILE"}},
      {"zip-encrypted", {"unzip", "-P", "infected", "-tqq", "FILE"}},
      {"zip-aes", {"7z", "t", "-pinfected", "FILE"}},
      {"7z", {"7z", "t", "FILE"}},
      {"tar.gz", {"tar", "-tzf", "FILE"}}};
  for (const auto& [format, argv] : tests) {
    const Planted planted = one(spec_of(format, "us/secret"));
    EXPECT_NO_THROW(static_cast<void>(read_by(planted, argv))) << format;
    const std::string list = read_by(planted, {"bsdtar", "-tf", "FILE"});
    EXPECT_GE(lines_of(list).size(), 2U) << list;
  }
  const Planted zip = one(spec_of("zip", "us/secret"));
  expect_tokens(zip, read_by(zip, {"unzip", "-z", "FILE"}), {CanaryPlace::comment});
}

TEST(Archives, StayShutWithoutTheirPassword) {
  for (const char* format : {"zip-encrypted", "zip-aes"}) {
    const Planted planted = one(spec_of(format, "us/secret"));
    EXPECT_EQ(planted.document.password, "infected");
    const PlantedFile file(planted);
    for (const char* password : {"-pwrong", "-p"})
      EXPECT_FALSE(run_command({.name = "7z", .argv = {"7z", "t", password, file.path()}}).status.ok())
          << format;
  }
  EXPECT_EQ(one(spec_of("zip", "us/secret")).document.password, "");
}

TEST(Packages, HoldWellFormedXml) {
  for (const char* format : {"docx", "docm", "xlsx", "pptx", "odt"}) {
    const PlantedFile file(one(spec_of(format, "eu/top-secret")));
    const std::string out = (file.folder() / "out").string();
    must_run({.name = "unzip", .argv = {"unzip", "-q", file.path(), "-d", out}});
    must_run({.name = "sh",
              .argv = {"sh", "-c", "find \"$1\" -name '*.xml' -o -name '*.rels' | xargs xmllint --noout",
                       "sh", out}});
  }
}

TEST(Documents, AreWhatFileSaysTheyAre) {
  const std::map<std::string, std::string> expected = {{"docx", "Microsoft Word 2007+"},
                                                       {"xlsx", "Microsoft Excel 2007+"},
                                                       {"pptx", "Microsoft PowerPoint 2007+"},
                                                       {"odt", "OpenDocument Text"},
                                                       {"html", "HTML document"},
                                                       {"txt", "text"},
                                                       {"csv", "CSV text"},
                                                       {"eml", "text"},
                                                       {"rtf", "Rich Text Format"},
                                                       {"pdf", "PDF document"},
                                                       {"png", "PNG image data"},
                                                       {"zip", "Zip archive data"},
                                                       {"zip-aes", "Zip archive data"},
                                                       {"7z", "7-zip archive data"},
                                                       {"tar.gz", "gzip compressed data"}};
  for (const auto& [format, words] : expected)
    EXPECT_THAT(read_by(one(spec_of(format, "us/secret")), {"file", "-b", "FILE"}), HasSubstr(words))
        << format;
}

}  // namespace
}  // namespace candor::document
