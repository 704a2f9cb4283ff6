// SPDX-License-Identifier: Apache-2.0
// Datagrams over the loopback interface, with their TTL.
#include "os/udp_socket.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <vector>

namespace alibi::os {
namespace {

TEST(UdpSocket, TtlAndSourceArriveWithTheDatagram) {
  const auto loopback = *wire::IpAddress::parse("127.0.0.1");
  const auto receiver = UdpSocket::listen(wire::Family::V4, 0);
  ASSERT_TRUE(receiver);
  const auto sender = UdpSocket::sender(wire::Family::V4, loopback, 49152, 65535, 254);
  ASSERT_TRUE(sender) << sender.error().message;
  EXPECT_GE(sender->port(), 49152);
  std::array<std::uint8_t, 64> buffer{};
  EXPECT_FALSE(receiver->receive(buffer));
  const std::array<std::uint8_t, 3> payload{1, 2, 3};
  ASSERT_TRUE(sender->send(payload, loopback, receiver->port()));
  pollfd waiting{receiver->fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&waiting, 1, 10'000), 1);
  const auto got = receiver->receive(buffer);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->ttl, 254);
  EXPECT_EQ(got->source, loopback);
  EXPECT_EQ(got->payload.size(), 3U);
}

/// Whether a datagram of `source` reaches a socket that takes from `allowed` alone.
bool arrives(const char* source, const std::vector<wire::IpAddress>& allowed) {
  const auto from = *wire::IpAddress::parse(source);
  const auto receiver = UdpSocket::listen(from.family, 0);
  const auto sender = UdpSocket::sender(from.family, from, 49152, 65535, 255);
  if (!receiver || !sender || !receiver->take_only_from(allowed)) {
    ADD_FAILURE() << "no sockets";
    return false;
  }
  std::array<std::uint8_t, 64> buffer{};
  const auto to = from.family == wire::Family::V4 ? *wire::IpAddress::parse("127.0.0.1") : from;
  EXPECT_TRUE(sender->send(std::array<std::uint8_t, 1>{1}, to, receiver->port()));
  return receiver->receive(buffer).has_value();  // over lo, it is there when send() returns
}

TEST(UdpSocket, TakesOnlyFromWhomItShall) {
  const auto address = [](const char* text) { return *wire::IpAddress::parse(text); };
  const std::vector<wire::IpAddress> four = {address("127.0.0.9"), address("127.0.0.3")};
  EXPECT_TRUE(arrives("127.0.0.9", four));
  EXPECT_TRUE(arrives("127.0.0.3", four));
  EXPECT_FALSE(arrives("127.0.0.4", four));
  EXPECT_FALSE(arrives("127.0.0.1", {}));
  EXPECT_TRUE(arrives("::1", {address("fe80::1"), address("::1")}));
  EXPECT_FALSE(arrives("::1", {address("fe80::1"), address("::2")}));
}

TEST(UdpSocket, AnAddressThatIsNotOursIsAnError) {
  const auto elsewhere = *wire::IpAddress::parse("192.0.2.1");
  const auto sender = UdpSocket::sender(wire::Family::V4, elsewhere, 49152, 65535, 255);
  ASSERT_FALSE(sender);
  EXPECT_NE(sender.error().message.find("192.0.2.1"), std::string::npos);
}

}  // namespace
}  // namespace alibi::os
