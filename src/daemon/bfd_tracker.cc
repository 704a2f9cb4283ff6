// SPDX-License-Identifier: Apache-2.0
// Between sockets and sessions: which packet belongs to which, and whether its TTL is believed.
#include "daemon/bfd_tracker.h"

#include <algorithm>
#include <utility>

namespace alibi::daemon {
namespace {

// RFC 5881 section 4: source ports.
constexpr std::uint16_t kFirstPort = 49152;
constexpr std::uint16_t kLastPort = 65535;
constexpr int kFullTtl = 255;         // RFC 5881 section 5: GTSM
constexpr Duration kRetry = 1s;       // for a source address that is not there yet
constexpr Duration kBelieved = 5s;    // what an earlier tracker saw, until this one knows better
constexpr int kMostDatagrams = 1024;  // at once: a flood must not keep the timers from running
// drops_told: below are wire::BfdDefect
constexpr unsigned kTtlReason = 31;
constexpr unsigned kOtherSession = 30;

track::BfdParameters parameters_of(const config::Bfd& bfd, std::uint32_t discriminator,
                                   std::uint32_t seed) {
  track::BfdParameters out;
  out.discriminator = discriminator;
  out.desired_min_tx = bfd.min_tx;
  out.required_min_rx = bfd.min_rx;
  out.slow_tx = bfd.idle_tx;
  out.multiplier = static_cast<std::uint8_t>(std::clamp(bfd.multiplier, 1, 255));
  out.passive = bfd.passive;
  out.seed = seed;
  return out;
}

std::uint16_t port_of(const config::Bfd& bfd) {
  return bfd.multihop ? wire::kBfdMultihopPort : wire::kBfdPort;
}

std::string title(const config::Bfd& bfd) {
  return "BFD session " + bfd.name + " with " + bfd.neighbor.text();
}

}  // namespace

Result<void> BfdTracker::begin(os::EventLoop& loop) {
  loop_ = &loop;
  const auto& settings = board_.settings();
  const std::uint32_t base = random_() & 0x7fffff00U;  // of no session before this process
  for (std::size_t i = 0; i < settings.bfds.size(); ++i) {
    const auto object = board_.objects().find(TrackKind::Bfd, settings.bfds[i].name);
    if (!object || !board_.objects()[*object].used) continue;
    const auto discriminator = base + static_cast<std::uint32_t>(sessions_.size()) + 1;
    const auto parameters = parameters_of(settings.bfds[i], discriminator, random_());
    sessions_.push_back({settings.bfds[i], *object,
                         track::BfdSession(parameters, os::monotonic_now())});
  }
  if (old_ != nullptr) inherit(*old_);
  for (Session& session : sessions_) introduce(session);
  for (const Session& session : sessions_) {
    const auto family = session.settings.neighbor.family;
    if (listens(family, session.settings.multihop)) continue;
    if (auto added = listen(family, session.settings.multihop); !added) return added;
  }
  for (const Listener& listener : listeners_) {
    if (auto added = attend(listener); !added) return added;
  }
  return loop.add(board_.channels().tracker_control.first.fd(), [this] { hear_successor(); });
}

bool BfdTracker::listens(wire::Family family, bool multihop) const {
  return std::any_of(listeners_.begin(), listeners_.end(), [&](const Listener& l) {
    return l.family == family && l.multihop == multihop;
  });
}

Result<void> BfdTracker::listen(wire::Family family, bool multihop) {
  auto socket = os::UdpSocket::listen(family, multihop ? wire::kBfdMultihopPort : wire::kBfdPort);
  if (!socket) return tl::unexpected(socket.error());
  listeners_.push_back({family, multihop, std::move(*socket)});
  return {};
}

Result<void> BfdTracker::attend(const Listener& listener) {
  std::vector<wire::IpAddress> neighbors;
  for (const Session& session : sessions_) {
    const auto& neighbor = session.settings.neighbor;
    if (neighbor.family == listener.family) neighbors.push_back(neighbor);
  }
  // Without it a flood from anywhere would take this real-time thread's time and queue.
  const auto only = listener.socket.take_only_from(neighbors);
  if (!only) board_.say(only.error().message, 1);
  return loop_->add(listener.socket.fd(), [this, &listener] { receive(listener); });
}

/// Down until it is up, as in keepalived; what a tracker that died saw up gets a little time.
void BfdTracker::introduce(Session& session) {
  const auto known = board_.last(session.object).health;
  if (session.inherited) {
    const bool up = session.machine.state() == wire::BfdState::Up;
    if (known != (up ? TrackHealth::Up : TrackHealth::Down)) {
      publish(session, up, up ? "is up" : "is down");
    }
  } else if (known == TrackHealth::Up) {
    session.believed_until = os::monotonic_now() + kBelieved;
  } else {
    publish(session, false, "has not come up yet");
  }
}

/// As a tracker before this one left it.
void BfdTracker::go_on(Session& session, const track::BfdSnapshot& from, os::Fd sender) {
  session.machine = track::BfdSession(
      parameters_of(session.settings, from.discriminator, random_()), from, os::monotonic_now());
  if (sender.valid()) {
    session.sender = os::UdpSocket::adopt(std::move(sender));
    session.open_at = kNever;
  }
  session.inherited = true;
}

/// RFC 5881 section 4: the source port SHOULD be unique among all sessions of the system, also of
/// those that send from different addresses, where the kernel would not mind.
bool BfdTracker::sends_from(std::uint16_t port) const {
  return std::any_of(sessions_.begin(), sessions_.end(), [&](const Session& session) {
    return session.sender && session.sender->port() == port;
  });
}

void BfdTracker::open(Session& session, Instant now) {
  const config::Bfd& bfd = session.settings;
  std::uint16_t first = kFirstPort;
  while (first < kLastPort && sends_from(first)) ++first;
  auto sender = os::UdpSocket::sender(bfd.neighbor.family, bfd.source, first, kLastPort, bfd.ttl);
  while (sender && sends_from(sender->port()) && sender->port() < kLastPort) {
    first = static_cast<std::uint16_t>(sender->port() + 1);
    sender = os::UdpSocket::sender(bfd.neighbor.family, bfd.source, first, kLastPort, bfd.ttl);
  }
  if (sender) {
    session.sender = std::move(*sender);
    session.open_at = kNever;
    return;
  }
  if (session.open_at == Instant{}) board_.say(title(bfd) + ": " + sender.error().message, 1);
  session.open_at = now + kRetry;
}

void BfdTracker::receive(const Listener& listener) {
  for (int i = 0; i < kMostDatagrams; ++i) {
    const auto datagram = listener.socket.receive(buffer_);
    if (!datagram) return;
    for (Session& session : sessions_) {
      if (session.given || session.settings.neighbor != datagram->source ||
          session.settings.multihop != listener.multihop) {
        continue;
      }
      take(session, *datagram, os::monotonic_now());
    }
  }
}

void BfdTracker::take(Session& session, const os::Datagram& datagram, Instant now) {
  const config::Bfd& bfd = session.settings;
  const int hops = kFullTtl - datagram.ttl;
  // RFC 5883 section 4 has no such check for paths of several hops: only where one was asked for.
  const bool far = hops > bfd.max_hops && (!bfd.multihop || bfd.max_hops > 0);
  if (far) {
    return drop(session, kTtlReason,
                "TTL " + std::to_string(datagram.ttl) + ", from 255 on it has come over " +
                    std::to_string(hops) + " routers, max_hops is " + std::to_string(bfd.max_hops));
  }
  const auto decoded = wire::decode_bfd(datagram.payload);
  if (decoded.defect != wire::BfdDefect::None) {
    return drop(session, static_cast<unsigned>(decoded.defect), std::string(text(decoded.defect)));
  }
  const std::uint32_t yours = decoded.packet.your_discriminator;
  if (yours != 0 && yours != session.machine.discriminator()) {
    if (among_ours(yours)) return;
    return drop(session, kOtherSession,
                "its Your Discriminator " + std::to_string(yours) + " names no session of ours");
  }
  track::BfdOutput out;
  session.machine.receive(decoded.packet, now, out);
  perform(session, out);
}

/// Two sessions may have one neighbour.
bool BfdTracker::among_ours(std::uint32_t discriminator) const {
  return std::any_of(sessions_.begin(), sessions_.end(), [&](const Session& session) {
    return session.machine.discriminator() == discriminator;
  });
}

void BfdTracker::drop(Session& session, unsigned reason, const std::string& why) {
  const std::uint32_t bit = 1U << reason;
  if ((session.drops_told & bit) != 0) return;
  session.drops_told |= bit;
  board_.say(title(session.settings) + ": packet dropped: " + why + " (reported once)", 1);
}

Instant BfdTracker::step() {
  // Late or not: what has arrived is heard before a session is declared dead.
  for (const Listener& listener : listeners_) receive(listener);
  Instant next = kNever;
  for (Session& session : sessions_) {
    if (session.given) continue;
    const Instant now = os::monotonic_now();
    if (!session.sender && session.open_at <= now) open(session, now);
    track::BfdOutput out;
    session.machine.step(now, out);
    perform(session, out);
    if (session.believed_until <= now) {
      session.believed_until = kNever;
      publish(session, false, "has not come up again");
    }
    next = std::min({next, session.machine.next(), session.believed_until,
                     session.sender ? kNever : session.open_at});
  }
  if (!std::exchange(met_, true)) board_.channels().page.household().trackers_met.store(true);
  return next;
}

void BfdTracker::perform(Session& session, const track::BfdOutput& out) {
  for (const auto& packet : out.packets) {
    if (!session.sender) break;
    const auto sent = session.sender->send(wire::encode_bfd(packet), session.settings.neighbor,
                                           port_of(session.settings));
    if (!sent && !session.send_failing) {
      board_.say(title(session.settings) + ": " + sent.error().message, 1);
    }
    session.send_failing = !sent;
  }
  if (!out.change) return;
  const auto [from, to, why] = *out.change;
  const bool was_up = from == wire::BfdState::Up;
  const bool up = to == wire::BfdState::Up;
  board_.say("BFD_Instance(" + session.settings.name + ") Entering " + std::string(text(to)) +
             " state: " + why);
  if (up) publish(session, true, "is up");
  if (was_up && !up) publish(session, false, "went down: " + why);
}

void BfdTracker::publish(Session& session, bool up, const std::string& why) {
  session.believed_until = kNever;
  TrackState state;
  state.health = up ? TrackHealth::Up : TrackHealth::Down;
  state.why = title(session.settings) + " " + why;
  board_.publish(session.object, state);
}

void BfdTracker::end() {
  for (Session& session : sessions_) {
    if (std::exchange(session.given, true)) continue;
    track::BfdOutput out;
    session.machine.shut_down(os::monotonic_now(), out);
    for (const auto& packet : out.packets) {
      if (!session.sender) break;
      static_cast<void>(session.sender->send(wire::encode_bfd(packet), session.settings.neighbor,
                                             port_of(session.settings)));
    }
  }
}

}  // namespace alibi::daemon
