// SPDX-License-Identifier: Apache-2.0
// Notify FIFOs: made with the right mode, never waited for, dropped lines counted; and files that
// are whole.
#include "daemon/fifo.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "daemon/dump_writer.h"
#include "daemon/pid_file.h"

namespace alibi::daemon {
namespace {

class Folder : public testing::Test {
 protected:
  Folder() : path_(::mkdtemp(name_.data())) {}
  ~Folder() override { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  static std::string content(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::string name_ = testing::TempDir() + "alibi-fifo-XXXXXX";
  std::string path_;
};

TEST_F(Folder, LinesThatAFullFifoDoesNotTakeAreCounted) {
  config::Settings settings;
  config::Fifo config;
  config.path = file("fifo");
  auto fifo = Fifo::open(settings, config);
  ASSERT_TRUE(fifo) << fifo.error().message;
  EXPECT_TRUE(fifo->made());
  struct stat about {};
  ASSERT_EQ(::stat(config.path.c_str(), &about), 0);
  EXPECT_TRUE(S_ISFIFO(about.st_mode));
  EXPECT_EQ(about.st_mode & 0777U, 0600U);

  const std::string line(1000, 'x');
  while (fifo->write(line)) ASSERT_LT(fifo->written(), 10'000U);
  EXPECT_GT(fifo->written(), 10U);
  EXPECT_EQ(fifo->dropped(), 1U);
  const os::Fd reader(::open(config.path.c_str(), O_RDONLY | O_NONBLOCK));
  std::array<char, 8192> buffer{};
  const int before = fifo->unread();
  const auto read = ::read(reader.get(), buffer.data(), buffer.size());
  ASSERT_GT(read, 0);
  EXPECT_EQ(fifo->unread(), before - read);
  EXPECT_TRUE(fifo->write("INSTANCE \"VI_1\" MASTER 100\n"));
  fifo->remove();
  EXPECT_FALSE(std::filesystem::exists(config.path));
}

TEST_F(Folder, WhatIsNoFifoIsLeftAlone) {
  config::Settings settings;
  config::Fifo config;
  config.path = file("file");
  std::ofstream(config.path) << "precious";
  EXPECT_FALSE(Fifo::open(settings, config));
  EXPECT_EQ(content(config.path), "precious");
  config.path = file("link");
  std::filesystem::create_symlink(file("elsewhere"), config.path);
  EXPECT_FALSE(Fifo::open(settings, config));
  config.path = file("no/such/folder");
  EXPECT_FALSE(Fifo::open(settings, config));
}

TEST_F(Folder, FilesAreReplacedWholeAndLinksNotFollowed) {
  const std::string target = file("target");
  std::ofstream(target) << "precious";
  std::filesystem::create_symlink(target, file("dump"));
  ASSERT_TRUE(write_whole(file("dump"), "text", 0640));
  EXPECT_EQ(content(target), "precious");
  EXPECT_EQ(content(file("dump")), "text");
  EXPECT_FALSE(std::filesystem::is_symlink(file("dump")));
  struct stat about {};
  ASSERT_EQ(::stat(file("dump").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0640U);
  EXPECT_FALSE(write_whole(file("no/such"), "text", 0600));
  std::filesystem::create_directory(file("folder"));
  EXPECT_FALSE(write_whole(file("folder"), "text", 0600));  // and nothing is left beside it
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(file(".")), {}), 3);
}

TEST_F(Folder, PidFileGoesWithItsOwner) {
  const std::string path = file("pid");
  {
    auto pid = PidFile::create(path, 123);
    ASSERT_TRUE(pid);
    EXPECT_EQ(content(path), "123\n");
    ASSERT_TRUE(pid->set(124));
    EXPECT_EQ(content(path), "124\n");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  auto pid = PidFile::create(path, 123);
  std::ofstream(path) << "777\n";  // another took it over
  *pid = PidFile();
  EXPECT_EQ(content(path), "777\n");
}

}  // namespace
}  // namespace alibi::daemon
