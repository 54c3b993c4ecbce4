// SPDX-License-Identifier: Apache-2.0
//
// Programs nobody here wrote, unchanged, each delivering a document over HTTP: it must stand in a stream that
// was kept, and what the streams account for must be what the sockets received.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "world.h"

namespace candor::internet_e2e {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string kSecret = "TOP SECRET//QUILLFERN the document itself";

/// A Lab with a document in its folder, and what every test asks of it at the end.
struct Clients {
  Lab lab;
  std::string document = (lab.folder() / "memo.txt").string();
  std::string trust = "SSL_CERT_FILE=" + lab.ca() + " CURL_CA_BUNDLE=" + lab.ca() + " ";
  explicit Clients(LabSettings settings = {}) : lab(std::move(settings)) { write_file(document, kSecret); }

  /// Finishes; the streams that hold `text`.
  std::vector<Json> streams_with(const std::string& text) {
    EXPECT_TRUE(lab.finish());
    std::vector<Json> found;
    for (const Json& stream : lab.all("internet.stream/1"))
      if (lab.content(stream).find(text) != std::string::npos) found.push_back(stream);
    return found;
  }
  /// The one stream that holds the document.
  Json delivered() {
    const std::vector<Json> found = streams_with(kSecret);
    EXPECT_EQ(found.size(), 1U);
    return found.at(0);
  }
  void run(const std::string& command, int code = 0) { shell(trust + command, code); }
};

/// What the probe received, by its own totals, against what its streams account for.
void expect_sums(Clients& clients, std::uint64_t wire_bytes) {
  std::uint64_t sum = 0;
  for (const Json& stream : clients.lab.all("internet.stream/1"))
    sum += stream["wire_bytes"].get<std::uint64_t>();
  // Plain queries for names are no streams: a header, the name, its type and class.
  for (const Json& query : clients.lab.all("internet.dns/1"))
    if (query["transport"] == "udp") sum += 18 + query["name"].get<std::string>().size();
  EXPECT_EQ(sum, wire_bytes);
}

std::uint64_t received(Clients& clients) { return clients.lab.command("totals")["wire_bytes"]; }

TEST(HttpClients, CurlDeliversOverHttp11) {
  Clients clients;
  clients.run("curl -sS --http1.1 -T " + clients.document + " https://up.example/memo.txt");
  const std::uint64_t wire = received(clients);
  EXPECT_EQ(clients.delivered()["protocol"], "http/1.1");
  expect_sums(clients, wire);
}

TEST(HttpClients, CurlDeliversOverHttp2ByAlpnByPriorKnowledgeAndByUpgrade) {
  for (const char* how :
       {"--http2 https://up.example/memo.txt", "--http2-prior-knowledge http://up.example/memo.txt"}) {
    Clients clients;
    clients.run("curl -sS -T " + clients.document + " " + how);
    const std::uint64_t wire = received(clients);
    const Json stream = clients.delivered();
    EXPECT_EQ(stream["protocol"], "h2") << how;
    EXPECT_THAT(clients.lab.content(stream), StartsWith("PUT /memo.txt HTTP/1.1\r\nHost: up.example\r\n"));
    const Json request = clients.lab.all("internet.request/1").at(0);
    EXPECT_EQ(request["version"], "h2");
    EXPECT_EQ(request["status"], 201);
    EXPECT_EQ(request["body_bytes"], kSecret.size());
    expect_sums(clients, wire);
  }
  Clients clients;
  EXPECT_EQ(shell("curl -sS --http2 -w '%{http_version}' http://up.example/x"), "{}2");
  EXPECT_TRUE(clients.lab.finish());
}

TEST(HttpClients, ALargeUploadOverHttp2IsKeptWhole) {
  Clients clients;
  const std::string big = (clients.lab.folder() / "big").string();
  shell("head -c 20000000 /dev/urandom > " + big);
  clients.run("curl -sS --http2 -T " + big + " https://up.example/big");
  const std::uint64_t wire = received(clients);
  EXPECT_TRUE(clients.lab.finish());
  std::uint64_t largest = 0;
  std::string content;
  for (const Json& stream : clients.lab.all("internet.stream/1")) {
    if (stream["bytes"] <= largest) continue;
    largest = stream["bytes"];
    content = clients.lab.content(stream);
  }
  EXPECT_EQ(content.substr(content.find("\r\n\r\n") + 4), read_text(big));
  expect_sums(clients, wire);
}

TEST(HttpClients, NghttpDeliversWithTrailersAndManyRequestsAtOnce) {
  Clients clients;
  clients.run("nghttp -n -d " + clients.document + " --trailer 'x-checksum: 9f' https://up.example/a");
  clients.run("h2load -n 200 -c 4 -m 20 https://up.example/b >/dev/null");
  const std::uint64_t wire = received(clients);
  const Json stream = clients.delivered();
  EXPECT_THAT(clients.lab.content(stream), HasSubstr("x-checksum: 9f"));
  EXPECT_EQ(clients.lab.all("internet.request/1").size(), 201U);
  expect_sums(clients, wire);
}

TEST(HttpClients, WgetDelivers) {
  Clients clients;
  clients.run("wget -q -O - --ca-certificate=" + clients.lab.ca() + " --post-file=" + clients.document +
              " https://up.example/post");
  clients.delivered();
}

TEST(HttpClients, PythonDelivers) {
  Clients clients;
  clients.run(
      "/usr/bin/python3 -c \"import urllib.request as u; print(u.urlopen(u.Request('https://up.example/p', "
      "data=open('" +
      clients.document + "','rb').read(), method='PATCH')).status)\"");
  clients.delivered();
}

TEST(HttpClients, PythonDeliversOverWebSocket) {
  Clients clients;
  clients.run(
      "/usr/bin/python3 - <<'END'\n"
      "import asyncio, ssl, websockets\n"
      "async def main():\n"
      "  context = ssl.create_default_context(cafile='" +
      clients.lab.ca() +
      "')\n"
      "  async with websockets.connect('wss://up.example/socket', ssl=context) as socket:\n"
      "    await socket.send(open('" +
      clients.document +
      "').read())\n"
      "    await (await socket.ping())\n"
      "asyncio.run(main())\n"
      "END");
  const std::uint64_t wire = received(clients);
  const Json stream = clients.delivered();
  EXPECT_EQ(stream["protocol"], "websocket");
  EXPECT_EQ(clients.lab.content(stream), kSecret);
  EXPECT_EQ(stream["tls"]["version"], "TLSv1.3");
  EXPECT_EQ(stream["tls"]["server_name"], "up.example");
  expect_sums(clients, wire);
}

TEST(HttpClients, GrpcDeliversInACallOfAnyMethodAndTakesItsStatus) {
  Clients clients;
  clients.run(
      "/usr/bin/python3 - <<'END'\n"
      "import grpc\n"
      "trust = grpc.ssl_channel_credentials(open('" +
      clients.lab.ca() +
      "', 'rb').read())\n"
      "with grpc.secure_channel('grpc.vendor.example:443', trust) as channel:\n"
      "  answer, call = channel.unary_unary('/vendor.Samples/Submit', request_serializer=lambda x: x,\n"
      "    response_deserializer=lambda x: x).with_call(open('" +
      clients.document +
      "', 'rb').read(),\n"
      "    metadata=[('x-machine', 'QUILLFERN-7')], timeout=20)\n"
      "  assert answer == b'' and call.code() == grpc.StatusCode.OK, call\n"
      "END");
  const std::uint64_t wire = received(clients);
  const Json stream = clients.delivered();
  EXPECT_EQ(stream["protocol"], "h2");
  EXPECT_EQ(stream["tls"]["version"], "TLSv1.3");
  EXPECT_EQ(stream["tls"]["server_name"], "grpc.vendor.example");
  EXPECT_EQ(stream["tls"]["alpn"], "h2");
  EXPECT_THAT(clients.lab.content(stream), StartsWith("POST /vendor.Samples/Submit HTTP/1.1\r\n"));
  EXPECT_THAT(clients.lab.content(stream), HasSubstr("x-machine: QUILLFERN-7\r\n"));
  // Behind five bytes that say how long it is (gRPC over HTTP/2).
  EXPECT_THAT(clients.lab.content(stream),
              HasSubstr(std::string("\0\0\0\0", 4) + static_cast<char>(kSecret.size()) + kSecret));
  EXPECT_EQ(clients.lab.all("internet.request/1").at(0)["target"], "/vendor.Samples/Submit");
  expect_sums(clients, wire);
}

TEST(HttpClients, CurlDeliversThroughAProxyToTlsInATunnel) {
  Clients clients;
  clients.run("curl -sS -x http://proxy.example:3128 -T " + clients.document +
              " https://up.example/memo.txt");
  clients.run("curl -sS -x http://proxy.example:3128 http://plain.example/x");
  const std::uint64_t wire = received(clients);
  clients.delivered();
  expect_sums(clients, wire);
}

TEST(HttpClients, CadaverDeliversOverWebDav) {
  Clients clients;
  shell("cd " + clients.lab.folder().string() + " && printf 'mkcol folder\\nput memo.txt\\nquit\\n' | HOME=" +
        clients.lab.folder().string() + " cadaver http://dav.example/files/");
  clients.delivered();
}

TEST(HttpClients, GitPushDeliversItsPack) {
  Clients clients;
  const std::string folder = (clients.lab.folder() / "repository").string();
  clients.run("git init -q -b main " + folder + " && cd " + folder + " && cp " + clients.document +
              " . && git add . && git -c user.name=a -c user.email=a@b.example commit -q -m all && "
              "GIT_SSL_CAINFO=" +
              clients.lab.ca() + " git push -q https://git.example/alex/project.git main");
  const std::vector<Json> packs = clients.streams_with("PACK");
  ASSERT_EQ(packs.size(), 1U);
  // The document is in the pack, deflated: git reads it back.
  const std::string content = clients.lab.content(packs[0]);
  const std::string pack = (clients.lab.folder() / "received.pack").string();
  write_file(pack, content.substr(content.find("PACK")));
  EXPECT_THAT(shell("cd " + clients.lab.folder().string() +
                    " && git init -q check && cd check && git unpack-objects -q < " + pack +
                    " && git cat-file --batch-all-objects --batch"),
              HasSubstr(kSecret));
}

TEST(HttpClients, AptAsksAndIsToldThatThereIsNothing) {
  Clients clients;
  const std::string root = (clients.lab.folder() / "apt").string();
  shell("mkdir -p " + root + "/lists/partial " + root + "/cache " + root +
            " && echo 'deb http://deb.debian.example/debian bookworm main' > " + root +
            "/sources.list && apt-get "
            "-o Dir::Etc::sourcelist=" +
            root + "/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=" + root +
            "/lists -o Dir::Cache=" + root +
            "/cache -o APT::Sandbox::User= -o Acquire::http::User-Agent='apt/" + "QUILLFERN' update",
        100);
  EXPECT_THAT(clients.streams_with("QUILLFERN").size(), testing::Ge(1U));
  EXPECT_EQ(clients.lab.all("internet.request/1").at(0)["status"], 404);
}

TEST(HttpClients, CurlAsksForNamesOverHttps) {
  Clients clients;
  clients.run("curl -sS --cacert " + clients.lab.ca() +
              " --doh-insecure --doh-url https://192.0.2.53/dns-query "
              "http://quillfern.example/");
  EXPECT_TRUE(clients.lab.finish());
  std::vector<std::string> names;
  for (const Json& query : clients.lab.all("internet.dns/1"))
    if (query["transport"] == "doh") names.push_back(query["name"]);
  EXPECT_THAT(names, testing::Contains("quillfern.example"));
}

TEST(HttpClients, OpensslIsToldThatACertificateIsGood) {
  Clients clients;
  const std::string folder = clients.lab.folder().string();
  shell("cd " + folder +
        " && openssl s_client -connect 192.0.2.7:443 -servername a.example </dev/null 2>/dev/null | "
        "openssl x509 > leaf.pem");
  EXPECT_THAT(shell("cd " + folder +
                    " && openssl ocsp -issuer ca.pem -CAfile ca.pem -cert leaf.pem -url $(openssl x509 "
                    "-in leaf.pem -noout -ocsp_uri) 2>&1"),
              HasSubstr("leaf.pem: good"));
  EXPECT_THAT(shell("cd " + folder +
                    " && curl -sS http://crl.pki.example/run.crl | openssl crl -inform DER -CAfile ca.pem "
                    "-noout 2>&1"),
              HasSubstr("verify OK"));
}

TEST(HttpClients, SystemsLearnThatTheyAreOnline) {
  Clients clients;
  EXPECT_EQ(shell("curl -sS -w '%{http_code}' http://connectivitycheck.gstatic.com/generate_204"), "204");
  EXPECT_EQ(shell("curl -sS http://www.msftconnecttest.com/connecttest.txt"), "Microsoft Connect Test");
  EXPECT_THAT(shell("curl -sS http://captive.apple.com/hotspot-detect.html"),
              HasSubstr("<BODY>Success</BODY>"));
  EXPECT_EQ(shell("curl -sS http://network-test.debian.org/nm"), "NetworkManager is online\n");
  EXPECT_EQ(shell("curl -sS http://detectportal.firefox.com/success.txt"), "success\n");
}

}  // namespace
}  // namespace candor::internet_e2e
