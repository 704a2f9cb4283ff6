// SPDX-License-Identifier: Apache-2.0
// Parsers of /proc on captured text, damaged text included.
#include "os/proc_fs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "os/proc_fs_cgroup.h"
#include "os/proc_fs_fds.h"
#include "os/proc_fs_memory.h"
#include "os/proc_fs_mounts.h"
#include "os/proc_fs_net.h"

namespace alibi::os {
namespace {

using testing::ElementsAre;

TEST(ParseStat, NameMayHoldParenthesesAndSpaces) {
  const auto stat = parse_stat(
      "2814 (a) (b c) D 17 2814 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1234 5\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->pid, 2814);
  EXPECT_EQ(stat->comm, "a) (b c");
  EXPECT_EQ(stat->state, 'D');
  EXPECT_EQ(stat->parent, 17);
  EXPECT_EQ(stat->start_ticks, 987654U);
}

TEST(ParseStat, DamageIsNothing) {
  EXPECT_FALSE(parse_stat(""));
  EXPECT_FALSE(parse_stat("12 (x) S 1"));
  EXPECT_FALSE(parse_stat("12 x S 1 2 3"));
}

TEST(ParseSyscall, NumberAndFirstArgument) {
  const ProcSyscall call = parse_syscall("1 0x2 0x7ffc0 0x5 0x0 0x0 0x0 0x7ffd 0x7f00\n");
  EXPECT_EQ(call.number, 1);
  EXPECT_EQ(call.first_argument, 2U);
  EXPECT_TRUE(parse_syscall("running\n").running);
  EXPECT_EQ(parse_syscall("-1 0x7ffc 0x7f00\n").number, -1);
  EXPECT_EQ(parse_syscall("").number, -1);
}

TEST(BracketNumber, InodesOfLinks) {
  EXPECT_EQ(bracket_number("net:[4026531840]"), 4026531840U);
  EXPECT_EQ(bracket_number("/var/log/syslog"), 0U);
}

TEST(ParseCgroups, BothVersions) {
  const auto lines = parse_cgroups("6:freezer:/lab/lb1\n2:cpu,cpuacct:/x:y\n0::/user.slice\n");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].controllers, "freezer");
  EXPECT_EQ(lines[1].path, "/x:y");
  EXPECT_EQ(lines[2].controllers, "");
  EXPECT_EQ(lines[2].path, "/user.slice");
}

constexpr std::string_view kMounts =
    "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n"
    "37 31 0:34 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw shared:7 - cgroup2 cgroup2 rw\n"
    "50 27 7:3 / /srv/my\\040log rw shared:9 master:1 - ext4 /dev/loop3 rw\n"
    "51 27 0:50 / /nfs rw - nfs4 server:/export rw\n"
    "garbage\n";

TEST(ParseMounts, OptionalFieldsAndEscapes) {
  const auto mounts = parse_mounts(kMounts);
  ASSERT_EQ(mounts.size(), 6U);
  EXPECT_EQ(mounts[4].id, 50U);
  EXPECT_EQ(mounts[4].mount_point, "/srv/my log");
  EXPECT_EQ(mounts[4].device_number, "7:3");
  EXPECT_EQ(mounts[4].source, "/dev/loop3");
  EXPECT_EQ(place_of(mounts[5]).device, "server:/export");
  EXPECT_EQ(place_of(mounts[5]).filesystem, "nfs4");
}

TEST(MountHolding, LongestWins) {
  const auto mounts = parse_mounts(kMounts);
  EXPECT_EQ(mount_holding(mounts, "/srv/my log/x")->id, 50U);
  EXPECT_EQ(mount_holding(mounts, "/srv/my logbook")->id, 27U);
  EXPECT_EQ(mount_holding({}, "/x"), nullptr);
}

TEST(CgroupLevels, EveryAncestorOfBothVersionsButTheRoot) {
  const auto lines = parse_cgroups("6:freezer:/lab/lb1\n2:cpu,cpuacct:/q\n0::/lab\n");
  const auto mounts = parse_mounts(kMounts);
  const auto freezers = cgroup_levels(mounts, lines, "freezer");
  ASSERT_EQ(freezers.size(), 3U);
  EXPECT_EQ(freezers[0].name, "freezer:/lab/lb1");
  EXPECT_EQ(freezers[0].directory, "/sys/fs/cgroup/freezer/lab/lb1");
  EXPECT_EQ(freezers[1].name, "freezer:/lab");
  EXPECT_EQ(freezers[2].name, "unified:/lab");
  EXPECT_TRUE(freezers[2].version2);
  const auto cpus = cgroup_levels(mounts, lines, "cpu");
  ASSERT_EQ(cpus.size(), 2U);
  EXPECT_EQ(cpus[0].directory, "/sys/fs/cgroup/cpu,cpuacct/q");
}

TEST(KeyedNumber, WholeKeysOnly) {
  EXPECT_EQ(keyed_number("nr_periods 9\nnr_throttled 4\n", "nr_throttled"), 4U);
  EXPECT_FALSE(keyed_number("nr_throttled_x 4\n", "nr_throttled"));
}

TEST(ParseRawSockets, ProtocolInodeAndDrops) {
  const auto sockets = parse_raw_sockets(
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode ref pointer drops\n"
      "  112: 00000000:0070 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
      "155683 2 00000000f32b8a2c 34\n"
      "    1: 00000000:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
      "9 2 00000000f32b8a2c 0\n");
  ASSERT_EQ(sockets.size(), 2U);
  EXPECT_EQ(sockets[0].protocol, 112U);
  EXPECT_EQ(sockets[0].inode, 155683U);
  EXPECT_EQ(sockets[0].drops, 34U);
  EXPECT_EQ(sockets[1].protocol, 1U);
}

TEST(ParseInterfaces, CountersOfBothDirections) {
  const auto lines = parse_interfaces(
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs\n"
      "  eth0: 1000 10 0 3 0 0 0 0 2000 20 0 4 0 0 0 0\n");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].name, "eth0");
  EXPECT_EQ(lines[0].rx_packets, 10U);
  EXPECT_EQ(lines[0].rx_dropped, 3U);
  EXPECT_EQ(lines[0].tx_packets, 20U);
  EXPECT_EQ(lines[0].tx_dropped, 4U);
}

TEST(ParseUnixSockets, OnlyThoseWithAPath) {
  const auto sockets = parse_unix_sockets(
      "Num       RefCount Protocol Flags    Type St Inode Path\n"
      "00000000aa: 00000002 00000000 00010000 0002 01 21093 /run/systemd/journal/dev-log\n"
      "00000000bb: 00000002 00000000 00000000 0002 01 21094\n");
  ASSERT_EQ(sockets.size(), 1U);
  EXPECT_EQ(sockets[0].inode, 21093U);
  EXPECT_EQ(sockets[0].path, "/run/systemd/journal/dev-log");
}

TEST(ParseDiskStats, InFlightAndTicks) {
  const auto disks = parse_disk_stats(
      "   7       3 loop3 40 0 80 18 293 102 31390 1040 2 1028 2035 0 0 0 0 180 977\n   7 4 x\n");
  ASSERT_EQ(disks.size(), 1U);
  EXPECT_EQ(disks[0].device, "loop3");
  EXPECT_EQ(disks[0].reads, 40U);
  EXPECT_EQ(disks[0].writes, 293U);
  EXPECT_EQ(disks[0].in_flight, 2U);
  EXPECT_EQ(disks[0].io_ticks_ms, 1028U);
  EXPECT_EQ(disks[0].read_sectors, 80U);
  EXPECT_EQ(disks[0].read_ms, 18U);
  EXPECT_EQ(disks[0].write_sectors, 31390U);
  EXPECT_EQ(disks[0].write_ms, 1040U);
  EXPECT_EQ(disks[0].queue_ms, 2035U);
}

TEST(ParseVmstat, AddsUpWhatBelongsTogether) {
  const VmStat stat = parse_vmstat(
      "pswpin 3\npswpout 4\nallocstall_dma32 1\nallocstall_normal 2\npgsteal_kswapd 10\n"
      "pgsteal_direct 5\npgsteal_khugepaged 9\npgscan_kswapd 100\npgscan_direct 50\n"
      "pgscan_direct_throttle 7\nmangled\n");
  EXPECT_EQ(stat.scanned, 150U);
  EXPECT_EQ(stat.stolen, 15U);
  EXPECT_EQ(stat.stalls, 3U);
  EXPECT_EQ(stat.swapped_in, 3U);
  EXPECT_EQ(stat.swapped_out, 4U);
}

TEST(ProcOfThisProcess, IsReadable) {
  const auto stat = read_stat(getpid());
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->parent, getppid());
  EXPECT_NE(namespace_of(getpid(), "net"), 0U);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const OpenDescriptor writer = descriptor(getpid(), ends[1]);
  EXPECT_TRUE(writer.target.starts_with("pipe:["));
  EXPECT_TRUE(writer.writable);
  EXPECT_FALSE(writer.readable);
  const auto holders = holders_of(writer.target);
  EXPECT_EQ(holders.size(), 2U);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace alibi::os
