// SPDX-License-Identifier: Apache-2.0
//
// All that a verdict is made of, read back from a run folder: the judge's only input.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/activity.h"
#include "model/document.h"
#include "model/endpoint.h"
#include "model/hit.h"
#include "model/scenario.h"

namespace candor::model {

/// One conversation as the internet probe received it, with what was recognised in it.
struct Stream {
  std::int64_t number = 0;
  std::string transport;  ///< "tcp", "udp".
  Endpoint source;
  Endpoint destination;
  std::string name;         ///< DNS name the address was given out for, or "".
  std::string server_name;  ///< From TLS, or "".
  std::string protocol;     ///< "http/1.1", "text", "unknown" …
  bool tls = false;
  bool ended = false;  ///< Whether its end was reported; if not, the file may lack bytes.
  std::string end_reason;
  std::uint64_t bytes = 0;       ///< Received, after TLS.
  std::uint64_t wire_bytes = 0;  ///< Received from the socket.
  std::int64_t within =
      0;  ///< Number of the stream of the connection it was carried in, if others were too
          ///< (a request of HTTP/2); its wire_bytes are then its part of what came after TLS.
  std::uint64_t apart_bytes = 0;    ///< Received in it, after TLS, and kept as streams within it.
  std::uint64_t framing_bytes = 0;  ///< Of `bytes`, what its protocol puts around what it carries.
  std::string sha256;
  std::int64_t opened_wall_ns = 0;
  std::int64_t ended_wall_ns = 0;
  bool understood = false;  ///< Whether its protocol was followed to the end, so that all layers were open.
  Recognition found;
  [[nodiscard]] std::string destination_name() const;  ///< server_name, else name, else address.
};

/// Something recognised in frames and nowhere in streams: DNS labels, raw datagrams, link-level payloads.
struct FrameFinding {
  std::string channel;  ///< "dns", "udp", "icmp", "ethernet 0x88b5" …
  std::string destination;
  std::int64_t wall_ns = 0;
  std::uint64_t frame = 0;  ///< Number of the frame in the capture, from 1, as in Wireshark.
  Recognition found;
};

/// Where the guest's bytes went, from the capture; the parts add up to `sent`.
struct FrameAccount {
  std::uint64_t frames = 0;         ///< That the guest sent.
  std::uint64_t sent = 0;           ///< All bytes of all frames the guest sent.
  std::uint64_t framing = 0;        ///< Link, network and transport headers of protocols understood.
  std::uint64_t retransmitted = 0;  ///< TCP payload seen before.
  std::uint64_t dns = 0;    ///< What DNS queries and other datagrams that are read field by field say.
  std::uint64_t tcp = 0;    ///< TCP payload, each byte of a flow once.
  std::uint64_t udp = 0;    ///< Payload of other datagrams.
  std::uint64_t known = 0;  ///< Payload of protocols fully parsed: ARP, ND, IGMP/MLD, DHCP, ICMP
                            ///< errors; and what DNS and its like say nothing in.
  std::uint64_t other = 0;  ///< Everything else: opaque.
  std::vector<FrameFinding> findings;
  bool complete = false;  ///< Whether the capture could be read to its end.
  std::string problem;    ///< Why not.
  /// All frames of one direction of a conversation, or of one kind to one place. Each frame belongs to one
  /// flow: over all flows `bytes` makes `sent`, and headers, retransmitted, known and other make those above.
  struct Flow {
    Endpoint source;
    Endpoint destination;       ///< Without a port, or a MAC address, where the transport has none.
    std::string transport;      ///< "tcp", "udp", "dns", "read" (datagrams read field by field, see
                                ///< protocol), or what the frames are: "icmp", "ethernet 0x88b5".
    std::uint64_t payload = 0;  ///< To compare with sockets: of TCP each byte once; of UDP all datagrams.
    std::uint64_t bytes = 0;    ///< Of whole frames.
    std::uint64_t headers = 0;
    std::uint64_t retransmitted = 0;
    std::uint64_t known = 0;
    std::uint64_t other = 0;
    std::uint64_t frames = 0;
    std::int64_t first_wall_ns = 0;
    std::int64_t last_wall_ns = 0;
    std::string protocol;         ///< Of datagrams that say so: "quic", "mdns".
    std::string server_name;      ///< From QUIC's ClientHello, as sent: any bytes; or "".
    std::string alpn;             ///< What it would like to speak, likewise.
    std::uint64_t free_bits = 0;  ///< What header fields could have carried (capture/header_fields.h).
  };
  std::vector<Flow> flows;
  std::map<std::string, std::uint64_t> free_bits;  ///< By header field, over all flows.
};

struct StepOutcome {
  int index = 0;
  std::string verb;
  std::string text;
  int line = 0;
  bool done = false;
  std::string detail;
  std::int64_t started_ns = 0;  ///< CLOCK_MONOTONIC.
  std::int64_t ended_ns = 0;
};

/// A control document the sender in the guest was asked to send.
struct ControlAttempt {
  std::string document;
  std::string host;
  bool ok = false;  ///< Whether the sender said it was sent.
  std::string detail;
};

/// How a probe kept its promises.
struct ProbeAccount {
  std::string name;
  bool welcomed = false;
  bool finished = false;  ///< FIN seen, and everything up to it is stored.
  std::int64_t events = 0;
  std::int64_t missing = 0;  ///< Sequence numbers that never came.
  std::int64_t dropped = 0;  ///< What the probe itself says it lost at its source.
  std::string problem;       ///< Sentence, or "".
  bool required = true;      ///< Whether a run without it is no answer.
  bool own = true;           ///< One of Candor's, whose events are read elsewhere.
  /// Of others: how many events of each type it reported.
  std::map<std::string, std::int64_t> types = {};
};

/// Bytes a probe handed over, with what was recognised in them.
struct Blob {
  std::string probe;
  std::string id;     ///< The probe's name for it: any text.
  std::string about;  ///< "left": they left the machine; "kept", "at-rest": they lie there; "seen":
                      ///< nothing by itself (probes/PROTOCOL.md, Blobs).
  std::uint64_t size = 0;
  std::string sha256;                      ///< Empty if it was never ended.
  bool complete = false;                   ///< Whether its last piece came.
  std::string type;                        ///< Of the event its first bytes came with …
  std::int64_t wall_ns = 0;                ///< … and when that happened.
  Json data = {};                          ///< … and what it says.
  std::optional<ProcessKey> process = {};  ///< Of the guest, whose bytes they are, if the event says so.
  Recognition found = {};
};

struct TlsRefusal {
  Endpoint destination;
  std::string server_name;
  std::string alert;
  Endpoint source = {};
};

/// A connection to a real host, as the relay that passes it through counted it.
struct RelayedConnection {
  std::int64_t number = 0;
  std::string host;
  std::uint16_t port = 0;
  std::string address;         ///< "" if it was never made.
  std::uint64_t sent = 0;      ///< To the host, as bytes of the connection (TLS included).
  std::uint64_t received = 0;  ///< From it.
  std::string ended;           ///< "eof", "reset", "failed" …; "" if no end was reported.
  std::string detail;
};

/// The same as the simulated internet, which has the guest's end of it, accounts for it.
struct Passage {
  std::string host;
  std::uint16_t port = 0;
  std::uint64_t written = 0;  ///< Given to the relay: what may have been sent.
  std::string problem;        ///< Why it was not made, or was ended from this side.
};

/// All that is known of the real hosts of a run.
struct Passthrough {
  std::vector<RelayedConnection> relayed;
  std::vector<Passage> passages;
  std::vector<std::string> refused;  ///< Requests the relay did not allow, as sentences.
};

struct RunInfo {
  std::string id;
  std::string folder;
  std::string scenario;
  std::string product;
  std::string version;  ///< Of the product, as it says itself.
  std::string image;    ///< Image id (hash).
  std::uint64_t seed = 0;
  std::string tool;         ///< Candor's version.
  std::string accelerator;  ///< "tcg" or "kvm".
  std::int64_t started_wall_ns = 0;
  std::int64_t started_mono_ns = 0;  ///< The same moment on CLOCK_MONOTONIC, by which steps are stamped.
};

struct Timing {
  double fork_s = 0;     ///< Overlay, QEMU, state, first answer of the agent.
  double guest_s = 0;    ///< Steps: spent waiting for the guest.
  double harness_s = 0;  ///< The rest: our own share.
  double total_s = 0;
};

struct Evidence {
  RunInfo run;
  Scenario scenario;
  Manifest manifest;
  std::vector<StepOutcome> steps;  ///< Of the steps that were started.
  std::vector<ControlAttempt> controls;
  std::vector<ProbeAccount> probes;  ///< Candor's own and those asked for, present or not.
  std::vector<Stream> streams;
  std::vector<Blob> blobs;
  Activity activity;
  std::vector<TlsRefusal> refusals;
  Passthrough passthrough;
  FrameAccount frames;
  /// wire.totals as last reported: must equal the capture.
  std::optional<std::uint64_t> wire_sent_bytes;
  std::optional<std::uint64_t> wire_sent_frames;
  std::vector<std::string> losses;    ///< Further sentences on what was lost or died, from the run itself.
  std::vector<std::string> declared;  ///< Product::declared.
  Timing timing;
};

}  // namespace candor::model
