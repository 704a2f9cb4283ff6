// SPDX-License-Identifier: Apache-2.0
// Message queues keep boundaries, refuse instead of blocking, and outlive a sender that dies.
#include "os/message_queue.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

namespace alibi::os {
namespace {

struct Message {
  int number = 0;
  char rest[300] = {};
};

bool rings(const MessageQueue& queue) {
  pollfd bell{queue.bell(), POLLIN, 0};
  return ::poll(&bell, 1, 0) == 1;
}

TEST(MessageQueue, KeepsOrderAndBoundaries) {
  auto queue = MessageQueue::create();
  ASSERT_TRUE(queue);
  EXPECT_FALSE(rings(*queue));
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(queue->send_struct(Message{i, {}}));
  Message message;
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(rings(*queue));
    ASSERT_TRUE(queue->receive_struct(message));
    EXPECT_EQ(message.number, i);
  }
  EXPECT_FALSE(queue->receive_struct(message));
  EXPECT_FALSE(rings(*queue));
}

TEST(MessageQueue, FullQueueRefusesAndRecovers) {
  auto queue = MessageQueue::create(16384);
  ASSERT_TRUE(queue);
  int sent = 0;
  while (sent < 100000 && queue->send_struct(Message{sent, {}})) ++sent;
  EXPECT_GT(sent, 40);
  EXPECT_LT(sent, 60);
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
  EXPECT_FALSE(queue->send(std::vector<std::byte>(2 << 20)));
}

TEST(MessageQueue, MessagesOfAnySizeComeAsTheyWent) {
  auto queue = MessageQueue::create(131072);
  ASSERT_TRUE(queue);
  std::mt19937 draw(5);
  std::uint32_t sent = 0, heard = 0;
  const auto octet = [](std::uint32_t number, std::size_t i) {
    return static_cast<std::byte>(number * 31 + i);
  };
  while (heard < 200'000) {
    for (auto burst = draw() % (heard % 16 == 0 ? 400 : 40); burst > 0; --burst) {
      std::vector<std::byte> message(1 + sent * 7919 % 700);
      for (std::size_t i = 0; i < message.size(); ++i) message[i] = octet(sent, i);
      if (!queue->send(message)) break;
      ++sent;
    }
    std::vector<std::byte> buffer(1000);
    for (auto burst = draw() % 60; burst > 0; --burst) {
      const std::size_t got = queue->receive(buffer);
      if (got == 0) {
        ASSERT_EQ(heard, sent);
        break;
      }
      ASSERT_EQ(got, 1 + heard * 7919 % 700);
      for (std::size_t i = 0; i < got; ++i) ASSERT_EQ(buffer[i], octet(heard, i));
      ++heard;
    }
    ASSERT_TRUE(heard == sent || rings(*queue));
    if (draw() % 8 == 0) queue->trim();
  }
}

TEST(MessageQueue, TakesLittleMemoryWhereItIsReadInTime) {
  auto queue = MessageQueue::create();
  ASSERT_TRUE(queue);
  Message message;
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(queue->send_struct(message));
    ASSERT_TRUE(queue->receive_struct(message));
  }
  struct stat file {};
  ASSERT_EQ(::fstat(queue->descriptors()[0], &file), 0);
  EXPECT_LE(file.st_blocks * 512, 16 * 1024);
}

TEST(MessageQueue, GivesBackWhatABurstTook) {
  auto queue = MessageQueue::create();
  ASSERT_TRUE(queue);
  const auto octets = [&] {
    struct stat file {};
    return ::fstat(queue->descriptors()[0], &file) == 0 ? file.st_blocks * 512 : -1;
  };
  Message message;
  while (queue->send_struct(message)) {
  }
  EXPECT_GT(octets(), 1'000'000);
  queue->trim();  // nothing while there is something to read
  EXPECT_GT(octets(), 1'000'000);
  while (queue->receive_struct(message)) {
  }
  queue->trim();
  const auto kept = octets();
  EXPECT_LE(kept, 40 * 1024);
  ASSERT_TRUE(queue->send_struct(Message{7, {}}));
  EXPECT_EQ(octets(), kept);  // a sender needs nothing of what was given back
  ASSERT_TRUE(queue->receive_struct(message));
  EXPECT_EQ(message.number, 7);
}

TEST(MessageQueue, IsNotBlockedByASenderThatIsGone) {
  auto queue = MessageQueue::create();
  ASSERT_TRUE(queue);
  auto* memory = static_cast<std::uint32_t*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, queue->descriptors()[0], 0));
  ASSERT_NE(memory, MAP_FAILED);
  std::uint32_t* process = &memory[128 / 4 + 1];  // the upper half of who writes
  *process = static_cast<std::uint32_t>(::getppid());
  EXPECT_FALSE(queue->send_struct(1));
  queue->trim();
  queue->forget_sender(::getpid());
  EXPECT_FALSE(queue->send_struct(1));
  queue->forget_sender(::getppid());
  EXPECT_TRUE(queue->send_struct(1));
  const pid_t gone = ::fork();
  if (gone == 0) ::_exit(0);
  ::waitpid(gone, nullptr, 0);
  *process = static_cast<std::uint32_t>(gone);
  EXPECT_TRUE(queue->send_struct(2));
  ::munmap(memory, 4096);
}

/// Three processes send at once, each its own numbers; the fourth reads while they do.
TEST(MessageQueue, SendersAtOnceLoseNothingTheyWereNotTold) {
  auto queue = MessageQueue::create(65536);
  ASSERT_TRUE(queue);
  constexpr int kSenders = 3, kEach = 20'000;
  std::vector<pid_t> senders;
  for (int s = 0; s < kSenders; ++s) {
    senders.push_back(::fork());
    if (senders.back() != 0) continue;
    for (int i = 0; i < kEach; ++i) {
      while (!queue->send_struct(std::pair(s, i))) ::usleep(100);
    }
    ::_exit(0);
  }
  std::vector<int> next(kSenders, 0);
  std::pair<int, int> heard;
  for (int count = 0; count < kSenders * kEach;) {
    pollfd bell{queue->bell(), POLLIN, 0};
    if (::poll(&bell, 1, 20'000) != 1) break;
    queue->trim();
    while (queue->receive_struct(heard)) {
      EXPECT_EQ(next.at(static_cast<std::size_t>(heard.first))++, heard.second);
      ++count;
    }
  }
  for (const pid_t pid : senders) ::waitpid(pid, nullptr, 0);
  EXPECT_EQ(next, std::vector<int>(kSenders, kEach));
}

TEST(MessageQueue, OutlivesASenderThatIsKilled) {
  auto queue = MessageQueue::create(65536);
  ASSERT_TRUE(queue);
  std::pair<int, int> heard;
  for (int round = 0; round < 50; ++round) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (int i = 0;; ++i) static_cast<void>(queue->send_struct(std::pair(round, i)));
    }
    ::usleep(static_cast<useconds_t>(500 + round * 37));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    while (queue->receive_struct(heard)) ASSERT_EQ(heard.first, round);
    ASSERT_TRUE(queue->send_struct(std::pair(round, -1))) << round;
    ASSERT_TRUE(queue->receive_struct(heard));
    ASSERT_EQ(heard.second, -1);
  }
}

TEST(MessageQueue, IsSharedAndAdopted) {
  auto queue = MessageQueue::create();
  ASSERT_TRUE(queue);
  auto other = queue->share();
  ASSERT_TRUE(other);
  const auto descriptors = queue->descriptors();
  auto adopted = MessageQueue::adopt(Fd(::dup(descriptors[0])), Fd(::dup(descriptors[1])));
  ASSERT_TRUE(adopted);
  ASSERT_TRUE(other->send_struct(1));
  ASSERT_TRUE(adopted->send_struct(2));
  int heard = 0;
  EXPECT_TRUE(queue->receive_struct(heard) && heard == 1);
  EXPECT_TRUE(adopted->receive_struct(heard) && heard == 2);
  EXPECT_FALSE(other->receive_struct(heard));
  Fd strange(::memfd_create("strange", MFD_CLOEXEC));
  ASSERT_EQ(::ftruncate(strange.get(), 5000), 0);
  EXPECT_FALSE(MessageQueue::adopt(std::move(strange), Fd(::dup(descriptors[1]))));
}

TEST(MessageQueue, WhatNoSenderWroteIsNotRead) {
  auto queue = MessageQueue::create(4096);
  ASSERT_TRUE(queue);
  ASSERT_TRUE(queue->send_struct(1));
  auto* memory = static_cast<std::uint32_t*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, queue->descriptors()[0], 0));
  ASSERT_NE(memory, MAP_FAILED);
  for (const std::uint32_t size : {5000U, 0xfffffff0U, 0xffffffffU, 64U}) {
    memory[192 / 4] = size;  // where the first message's length lies
    int heard = 0;
    EXPECT_FALSE(queue->receive_struct(heard));
    ASSERT_EQ(::lseek(queue->descriptors()[0], 0, SEEK_SET), 0);
    memory[16] = memory[17] = 0;  // tail
  }
  ::munmap(memory, 4096);
}

}  // namespace
}  // namespace alibi::os
