// SPDX-License-Identifier: Apache-2.0
//
// The collector's thread: the ROUTER socket, the instances of probes, the database, and the order in which
// things happen. One turn of its loop: run what other threads asked for, take what has arrived (bounded),
// commit it all in one transaction, and only then send answers and wake waiters. So nothing that anybody was
// told can be lost, and many probes share one commit.
//
// The constructor runs on the caller's thread, so that what is wrong with the file or the socket is thrown
// there; from run() on, everything happens on the hub's thread, and other threads come in through the
// mailbox. If the store fails, the hub goes on listening only to say so.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "collect/account.h"
#include "collect/blob_keeper.h"
#include "collect/collector.h"
#include "collect/database.h"
#include "collect/mailbox.h"
#include "collect/protocol.h"
#include "collect/reply.h"

namespace candor::collect {

/// What a waiter is told: what it waited for, or a sentence why that will not come.
struct Answer {
  bool ok = false;
  std::string error;
  Json result;
  std::optional<model::Event> event;
  std::exception_ptr thrown;  ///< By the caller's own predicate.
};
using AnswerTo = std::weak_ptr<Reply<Answer>>;

/// A subscriber; touched on the executor only.
struct Sink {
  std::function<void(const model::Event&)> callback;
};

class Hub {
 public:
  Hub(Settings settings, asio::any_io_executor executor, std::function<void(Problem)> on_problem,
      std::shared_ptr<Mailbox> mailbox);

  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

  /// The thread's body; returns after close() or stop().
  void run() noexcept;

  // All below: on the hub's thread, from the mailbox.
  // Replies may be given up by their owners at any time; nothing is sent to those.
  void record(EventReport event, std::shared_ptr<std::promise<std::string>> done);
  void await_welcome(const std::string& probe, AnswerTo reply);
  void await_command(const std::string& probe, const std::string& name, const Json& arguments,
                     AnswerTo reply);
  void await_finish(const std::string& probe, AnswerTo reply);
  void await_failure(AnswerTo reply);
  void feed(std::weak_ptr<Sink> sink, const std::string& type, bool from_start);
  [[nodiscard]] std::vector<model::ProbeAccount> accounts(std::span<const std::string> required) const;
  /// Ends run(). Why the store failed, now or before; empty if all is stored.
  [[nodiscard]] std::string close();
  void stop() { stopping_ = true; }

 private:
  /// One process of a probe.
  struct Instance {
    InstanceRow row;
    std::string link;               ///< Routing id of its connection; empty without one.
    std::int64_t credit = 0;        ///< It may send up to this number.
    std::int64_t heard_ns = 0;      ///< When it last said anything.
    std::int64_t return_by_ns = 0;  ///< Without a connection: when it must be back.
    bool gone = false;              ///< It was not.
    bool silence_noted = false;
    bool ack_due = false;
    bool changed = false;                   ///< Row differs from the stored one.
    int gaps = 0;                           ///< Resumptions since its last new event.
    std::map<std::int64_t, Json> commands;  ///< Sent and not answered, by id.
  };
  /// One connection.
  struct Link {
    Instance* instance = nullptr;
    bool refused = false;      ///< It was told why; nothing more is taken from it.
    std::int64_t told_ns = 0;  ///< When it was last told to say HELLO.
    std::int64_t heard_ns = 0;
    std::int64_t tokens = kControlBurst;
    std::int64_t tokens_ns = 0;
  };
  struct Waiter {
    AnswerTo reply;
    std::int64_t command = 0;  ///< Id of its command, or 0.
    std::function<std::optional<Answer>()> check;
  };
  struct Feed {
    std::weak_ptr<Sink> sink;
    std::string type;         ///< Empty: all.
    std::int64_t cursor = 0;  ///< Row id of the last event handed out.
    bool busy = false;        ///< A batch is with the executor.
  };
  struct Outgoing {
    std::string link;
    const char* type;
    Json body;
  };

  // the loop (hub.cc)
  void open_socket();
  void resume_instances();
  void turn();
  void wait_for_work();
  void take_arrivals();
  bool take_one();
  void settle();
  void save_changed();
  void send_answers();
  void send_ack(Instance& instance);
  bool send(const std::string& link, const char* type, const Json& body);
  void fail(const std::string& sentence) noexcept;
  void advance_feeds();
  void advance(const std::shared_ptr<Feed>& feed);
  void hand_out(const std::shared_ptr<Feed>& feed, std::vector<model::Event> events);

  // what probes say (hub_protocol.cc)
  void take_message(const std::string& link_id, std::span<const std::string_view> frames);
  void handle(const std::string& link_id, Link& link, const Hello& hello);
  void handle(const std::string& link_id, Link& link, const EventReport& event);
  void handle(const std::string& link_id, Link& link, const Ping& ping);
  void handle(const std::string& link_id, Link& link, const Done& done);
  void handle(const std::string& link_id, Link& link, const Fin& fin);
  void charge(Link& link);
  void ask_for_hello(const std::string& link_id, Link& link);
  Instance* admit(const Hello& hello);
  Instance* admit_new(const Hello& hello);
  void refuse(const Hello& hello, const Violation& why);
  void bind(const std::string& link_id, Link& link, Instance& instance);
  void welcome(const std::string& link_id, Instance& instance);
  void ask_for_replay(const std::string& link_id, Link& link, std::int64_t announced);
  void break_link(const std::string& link_id, Link& link, const Violation& why);

  // who is still there (hub_watch.cc)
  void watch();
  void watch_instance(Instance& instance);
  void drop_link(const std::string& link_id);
  void prune_links();
  void note(Instance& instance, const std::string& sentence);
  void note_unfinished();

  // what the harness asks for (hub_requests.cc)
  Instance& runner();
  [[nodiscard]] Instance* newest(const std::string& probe);
  void wait_until(AnswerTo reply, std::int64_t command, std::function<std::optional<Answer>()> check);
  void wake_waiters();
  void forget(const Waiter& waiter);
  void dismiss_waiters();
  std::int64_t order(Instance& instance, const std::string& name, const Json& arguments);
  [[nodiscard]] std::optional<Answer> welcomed(const std::string& probe) const;
  [[nodiscard]] std::optional<Answer> commanded(std::int64_t id, const Instance& instance);
  [[nodiscard]] std::optional<Answer> finished(std::int64_t id, Instance& instance);

  Settings settings_;
  asio::any_io_executor executor_;
  std::function<void(Problem)> on_problem_;
  std::shared_ptr<Mailbox> mailbox_;
  std::string endpoint_;
  Database database_;
  BlobKeeper blobs_;
  zmq::context_t context_;
  zmq::socket_t router_;

  std::map<std::string, std::unique_ptr<Instance>> instances_;  // by instance id
  std::map<std::string, Link> links_;                           // by routing id
  Instance* runner_ = nullptr;
  std::int64_t next_command_;
  std::map<std::int64_t, Done> answers_;  // to commands somebody waits for

  std::vector<Outgoing> outgoing_;                                   // sent after the next commit
  std::vector<std::shared_ptr<std::promise<std::string>>> records_;  // answered likewise: "", or why not
  std::list<Waiter> waiters_;
  std::list<std::shared_ptr<Feed>> feeds_;
  bool drained_ = true;  // nothing was left unread in the last turn
  std::int64_t watched_ns_;
  std::int64_t greeted_ns_ = 0;
  std::string failure_;  // why nothing can be stored any more
  bool stopping_ = false;
};

}  // namespace candor::collect
