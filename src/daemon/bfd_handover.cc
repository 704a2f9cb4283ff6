// SPDX-License-Identifier: Apache-2.0
// A reload replaces the tracker; its BFD sessions go on. The successor claims those that are the
// same by name and path, and gets for each its state and its sending socket, and then the listening
// sockets with all that waits in them: nothing is heard twice or not at all, no source port
// changes, and the pause is that of a few messages between two real-time threads. A session that
// nobody claims is shut down as at an end.
#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "daemon/bfd_tracker.h"
#include "daemon/handover.h"

namespace alibi::daemon {
namespace {

constexpr Duration kPatience = 500ms;

struct Message {
  enum class Kind : std::uint32_t {
    Claim = 0x616c6264,  ///< successor: I go on with session `number` of your settings
    Give,                ///< successor: these were all
    Session,             ///< predecessor: its state, and the socket that it sends from
    Listener,            ///< predecessor: a listening socket
    Done,                ///< predecessor: it is all yours
  };
  Kind kind = Kind::Claim;
  std::uint32_t version = kHandoverVersion;
  std::uint32_t number = 0;  ///< index into the old Settings::bfds
  wire::Family family = wire::Family::V4;
  bool multihop = false;
  track::BfdSnapshot session;
};

using Kind = Message::Kind;

struct Heard {
  Message message;
  os::Fd passed;
};

std::optional<Heard> next_message(const os::MessageEnd& end) {
  std::array<std::byte, sizeof(Message)> buffer{};
  while (auto received = end.receive(buffer)) {
    Heard heard{{}, std::move(received->passed)};
    if (received->size != sizeof heard.message) continue;
    std::memcpy(static_cast<void*>(&heard.message), buffer.data(), sizeof heard.message);
    if (heard.message.version == kHandoverVersion) return heard;
  }
  return std::nullopt;
}

Message message(Kind kind, std::size_t number = 0) {
  Message out;
  out.kind = kind;
  out.number = static_cast<std::uint32_t>(number);
  return out;
}

/// To the neighbour it is the same session.
bool same_path(const config::Bfd& a, const config::Bfd& b) {
  return a.name == b.name && a.neighbor == b.neighbor && a.source == b.source &&
         a.multihop == b.multihop && a.ttl == b.ttl;
}

}  // namespace

/// Asked by the tracker of the next generation.
void BfdTracker::hear_successor() {
  const os::MessageEnd& end = board_.channels().tracker_control.first;
  while (const auto heard = next_message(end)) {
    if (heard->message.kind == Kind::Claim) claimed_.insert(heard->message.number);
    if (heard->message.kind == Kind::Give) give();
  }
}

bool BfdTracker::wants(wire::Family family, bool multihop) const {
  return std::any_of(sessions_.begin(), sessions_.end(), [&](const Session& session) {
    return session.settings.neighbor.family == family && session.settings.multihop == multihop;
  });
}

void BfdTracker::give() {
  const os::MessageEnd& end = board_.channels().tracker_control.first;
  const auto& all = board_.settings().bfds;
  for (Session& session : sessions_) {
    const auto number = static_cast<std::size_t>(&session.settings - all.data());
    if (session.given || !claimed_.contains(static_cast<std::uint32_t>(number))) continue;
    Message answer = message(Kind::Session, number);
    answer.session = session.machine.snapshot();
    session.given = end.send_struct(answer, session.sender ? session.sender->fd() : -1);
  }
  for (const Listener& listener : listeners_) {
    Message answer = message(Kind::Listener);
    answer.family = listener.family;
    answer.multihop = listener.multihop;
    end.send_struct(answer, listener.socket.fd());
  }
  end.send_struct(message(Kind::Done));
  finish();
}

/// What this process goes on with instead of beginning it.
void BfdTracker::inherit(const TrackPredecessor& old) {
  const os::MessageEnd& end = old.channels.tracker_control.second;
  while (next_message(end)) {  // answers to a tracker of this generation that has died
  }
  std::map<std::uint32_t, Session*> claimed;
  for (Session& session : sessions_) {
    for (std::size_t i = 0; i < old.settings.bfds.size(); ++i) {
      if (!same_path(session.settings, old.settings.bfds[i])) continue;
      claimed[static_cast<std::uint32_t>(i)] = &session;
      end.send_struct(message(Kind::Claim, i));
    }
  }
  end.send_struct(message(Kind::Give));
  const Instant patience = os::monotonic_now() + kPatience;
  do {
    while (auto heard = next_message(end)) {
      if (heard->message.kind == Kind::Done) return;
      const Message& said = heard->message;
      const bool wanted = wants(said.family, said.multihop);
      if (said.kind == Kind::Listener && heard->passed.valid() && wanted) {
        listeners_.push_back(
            {said.family, said.multihop, os::UdpSocket::adopt(std::move(heard->passed))});
      }
      const auto session = claimed.find(said.number);
      if (said.kind != Kind::Session || session == claimed.end()) continue;
      go_on(*session->second, said.session, std::move(heard->passed));
    }
  } while (end.wait(patience));
  board_.say("BFD: the tracker before this one does not answer, sessions begin anew", 1);
}

/// Nothing of it is ours any more; sessions that nobody has claimed end.
void BfdTracker::finish() {
  end();
  for (const Listener& listener : listeners_) loop_->remove(listener.socket.fd());
  listeners_.clear();
}

}  // namespace alibi::daemon
