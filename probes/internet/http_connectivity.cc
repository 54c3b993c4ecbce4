// SPDX-License-Identifier: Apache-2.0
//
// What systems and browsers ask to learn whether they are on the Internet or before a login page, and the
// answers they take for the former. From the programs' own settings: Android's and Chrome's generate_204,
// Windows' NCSI, Apple's captive network assistant, NetworkManager's connectivity.uri in several
// distributions, Firefox's network.captive-portal-service.url.
#include <array>

#include "internet/http_responders.h"

namespace candor::internet {

namespace {

constexpr std::string_view kApple = "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>\n";
constexpr std::string_view kFirefox =
    "<meta http-equiv=\"refresh\" content=\"0;url=https://support.mozilla.org/kb/captive-portal\"/>";
constexpr std::string_view kNetworkManager = "NetworkManager is online\n";

struct Check {
  std::string_view host;  ///< "" for any.
  std::string_view path;
  int status;
  std::string_view type;
  std::string_view body;
};

constexpr std::array kChecks = {
    Check{"", "/generate_204", 204, "", ""},
    Check{"", "/gen_204", 204, "", ""},
    Check{"www.msftconnecttest.com", "/connecttest.txt", 200, "text/plain", "Microsoft Connect Test"},
    Check{"ipv6.msftconnecttest.com", "/connecttest.txt", 200, "text/plain", "Microsoft Connect Test"},
    Check{"www.msftncsi.com", "/ncsi.txt", 200, "text/plain", "Microsoft NCSI"},
    Check{"ipv6.msftncsi.com", "/ncsi.txt", 200, "text/plain", "Microsoft NCSI"},
    Check{"captive.apple.com", "/", 200, "text/html", kApple},
    Check{"", "/hotspot-detect.html", 200, "text/html", kApple},
    Check{"www.apple.com", "/library/test/success.html", 200, "text/html", kApple},
    Check{"detectportal.firefox.com", "/success.txt", 200, "text/plain", "success\n"},
    Check{"detectportal.firefox.com", "/canonical.html", 200, "text/html", kFirefox},
    Check{"connectivity-check.ubuntu.com", "/", 204, "", ""},
    Check{"network-test.debian.org", "/nm", 200, "text/plain", kNetworkManager},
    Check{"nmcheck.gnome.org", "/check_network_status.txt", 200, "text/plain", kNetworkManager},
    Check{"ping.archlinux.org", "/nm-check.txt", 200, "text/plain", kNetworkManager},
    Check{"conncheck.opensuse.org", "/", 200, "text/plain", kNetworkManager},
    Check{"fedoraproject.org", "/static/hotspot.txt", 200, "text/plain", "OK"},
    Check{"connectivity.cloudflareclient.com", "/cdn-cgi/trace", 200, "text/plain", "warp=off\n"},
};

}  // namespace

std::optional<HttpAnswer> answer_connectivity(Services&, const Route&, const HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  for (const Check& check : kChecks) {
    if ((!check.host.empty() && check.host != request.host) || check.path != request.path) continue;
    HttpAnswer answer{.status = check.status, .body = std::string(check.body), .rule = "connectivity"};
    if (!check.type.empty()) answer.fields.emplace_back("Content-Type", check.type);
    answer.fields.emplace_back("Cache-Control", "no-store");
    answer.fields.emplace_back("X-NetworkManager-Status", "online");
    return answer;
  }
  return std::nullopt;
}

}  // namespace candor::internet
