// SPDX-License-Identifier: Apache-2.0
// Message queues keep boundaries, and refuse instead of blocking.
#include "os/socket_pair.h"

#include <gtest/gtest.h>

namespace alibi::os {
namespace {

struct Message {
  int number = 0;
  char rest[300] = {};
};

TEST(MessageQueue, KeepsOrderAndBoundaries) {
  auto queue = MessageQueue::create();
  ASSERT_TRUE(queue);
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(queue->send_struct(Message{i, {}}));
  Message message;
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(queue->receive_struct(message));
    EXPECT_EQ(message.number, i);
  }
  EXPECT_FALSE(queue->receive_struct(message));
}

TEST(MessageQueue, FullQueueRefusesAndRecovers) {
  auto queue = MessageQueue::create(16384);
  ASSERT_TRUE(queue);
  int sent = 0;
  while (sent < 100000 && queue->send_struct(Message{sent, {}})) ++sent;
  EXPECT_GT(sent, 4);
  EXPECT_LT(sent, 100000);
  Message message;
  ASSERT_TRUE(queue->receive_struct(message));
  EXPECT_EQ(message.number, 0);  // the oldest were kept
  while (queue->receive_struct(message)) {
  }
  EXPECT_EQ(message.number, sent - 1);
  EXPECT_TRUE(queue->send_struct(Message{}));
}

TEST(MessageQueue, OtherSizesAreNoMessages) {
  auto queue = MessageQueue::create();
  ASSERT_TRUE(queue);
  ASSERT_TRUE(queue->send_struct(17));
  Message message;
  EXPECT_FALSE(queue->receive_struct(message));
}

}  // namespace
}  // namespace alibi::os
