// SPDX-License-Identifier: Apache-2.0
// The sockets around BFD sessions (RFC 5881, multihop RFC 5883): a thread of its own, real-time
// where that is allowed, so that intervals of 10 ms hold beside scripts and files.
#pragma once

#include <array>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "daemon/track_board.h"
#include "daemon/track_thread.h"
#include "daemon/tracker.h"
#include "os/udp_socket.h"
#include "track/bfd_session.h"

namespace alibi::daemon {

class BfdTracker : public TrackSource {
 public:
  /// `old`: the tracker whose sessions this one goes on with; null: there is none.
  explicit BfdTracker(TrackBoard& board, const TrackPredecessor* old = nullptr)
      : board_(board), old_(old) {}

  std::string name() const override { return "alibi-bfd"; }
  bool realtime() const override { return true; }
  Result<void> begin(os::EventLoop& loop) override;
  Instant step() override;
  void end() override;

 private:
  struct Listener {
    wire::Family family;
    bool multihop;
    os::UdpSocket socket;
  };
  struct Session {
    const config::Bfd& settings;
    std::size_t object;
    track::BfdSession machine;
    std::optional<os::UdpSocket> sender{};
    Instant open_at{};                ///< when to try to open `sender` (again)
    Instant believed_until = kNever;  ///< an Up of a tracker before this one counts until then
    std::uint32_t drops_told = 0;     ///< bit per reason
    bool send_failing = false;
    bool inherited = false;
    bool given = false;  ///< another process goes on with it: not a word more
  };

  Result<void> listen(wire::Family family, bool multihop);
  bool listens(wire::Family family, bool multihop) const;
  Result<void> attend(const Listener& listener);
  void introduce(Session& session);
  void open(Session& session, Instant now);
  bool sends_from(std::uint16_t port) const;
  void receive(const Listener& listener);
  void take(Session& session, const os::Datagram& datagram, Instant now);
  bool among_ours(std::uint32_t discriminator) const;
  void drop(Session& session, unsigned reason, const std::string& why);
  void perform(Session& session, const track::BfdOutput& out);
  void publish(Session& session, bool up, const std::string& why);

  // bfd_handover.cc
  void hear_successor();
  bool wants(wire::Family family, bool multihop) const;
  void give();
  void inherit(const TrackPredecessor& old);
  void go_on(Session& session, const track::BfdSnapshot& from, os::Fd sender);
  void finish();

  TrackBoard& board_;
  const TrackPredecessor* old_;
  os::EventLoop* loop_ = nullptr;
  bool met_ = false;  ///< told that what could be taken over is
  std::random_device random_;
  std::set<std::uint32_t> claimed_;    ///< by the successor: indices into Settings::bfds
  std::vector<Listener> listeners_;  ///< handlers refer to them: complete before the first
  std::vector<Session> sessions_;
  std::array<std::uint8_t, 256> buffer_{};
};

}  // namespace alibi::daemon
