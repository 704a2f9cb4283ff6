// SPDX-License-Identifier: Apache-2.0
#include "os/message_pair.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace alibi::os {
namespace {

TEST(MessagePair, CarriesBothWays) {
  auto pair = MessagePair::create();
  ASSERT_TRUE(pair);
  EXPECT_TRUE(pair->first.send_struct(7));
  EXPECT_TRUE(pair->second.send_struct(8));
  std::array<std::byte, 64> buffer{};
  for (const MessageEnd* end : {&pair->second, &pair->first}) {
    const auto got = end->receive(buffer);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->size, sizeof(int));
    EXPECT_FALSE(got->passed.valid());
    EXPECT_FALSE(end->receive(buffer));
  }
}

TEST(MessagePair, PassesADescriptorThatOutlivesTheSenders) {
  auto pair = MessagePair::create();
  ASSERT_TRUE(pair);
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  Fd reader(pipe_fds[0]);
  {
    Fd writer(pipe_fds[1]);
    ASSERT_TRUE(pair->first.send_struct('x', writer.get()));
  }
  std::array<std::byte, 8> buffer{};
  auto got = pair->second.receive(buffer);
  ASSERT_TRUE(got && got->passed.valid());
  EXPECT_EQ(::write(got->passed.get(), "y", 1), 1);
  char read_back = 0;
  EXPECT_EQ(::read(reader.get(), &read_back, 1), 1);
  EXPECT_EQ(read_back, 'y');
}

TEST(MessagePair, FullQueueIsToldAndNobodyWaits) {
  auto pair = MessagePair::create(4096);
  ASSERT_TRUE(pair);
  const std::array<std::byte, 1024> message{};
  int sent = 0;
  while (sent < 10000 && pair->first.send(message)) ++sent;
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, 10000);
}

}  // namespace
}  // namespace alibi::os
