// SPDX-License-Identifier: Apache-2.0
// Memory shared by all processes of one `alibi run`: what must outlive the process that knows it.
// The keeper writes each instance's state, for the supervisor's last will and for whoever asks how
// things are; the tracker that of each tracked object (the keeper that of interfaces), for a keeper
// or tracker that starts again; every sender counts what its full queue dropped.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/result.h"
#include "daemon/messages.h"
#include "daemon/published.h"
#include "daemon/records.h"
#include "os/fd.h"
#include "vrrp/instance.h"
#include "wire/address.h"

namespace alibi::daemon {

/// Senders, and index of their drop counters.
enum class Sender : std::uint8_t { Supervisor, Keeper, Tracker, Recorder };
inline constexpr std::size_t kSenders = 4;

struct InstanceState {
  std::atomic<std::uint8_t> state{0};          ///< vrrp::State
  std::atomic<std::uint8_t> has_addresses{0};  ///< set before adding, cleared after removing
  std::atomic<int> interface_index{0};
  /// Sequence lock for `source`: odd while being written.
  std::atomic<std::uint32_t> source_version{0};
  wire::IpAddress source;
  Published<Pulse> pulse;
  Published<Traffic> traffic;
  Published<LastTransition> last;
};

/// Of an instance as well, but most never write it: memory that nobody writes costs nothing.
struct RareInstanceState {
  Published<Refusals> refusals;
  Published<Counters> cleared;  ///< the counters when they were last cleared; by the teller
};

/// Two copies, of which the writer changes the one that readers do not look at: a writer that dies
/// or is stopped in the middle leaves the other whole, and no reader ever waits.
struct TrackRecord {
  std::atomic<std::uint32_t> version{0};  ///< writes completed; copies[version & 1] is the latest
  TrackState copies[2];
};

/// How far a keeper has come that takes over from the one of the generation before.
enum class HandoverStage : std::uint8_t {
  None,
  Taken,    ///< it decides now
  Settled,  ///< ... and has done what is different with the new configuration
};

/// What a generation's teller is there for.
enum class TellerStage : std::uint8_t {
  Works,
  Replaced,   ///< the supervisor's word, before it asks it to end: another one follows
  MailsOnly,  ///< its own: the other one may start, all that is left are mails on their way
};

/// What there is one of.
struct Household {
  Published<KeeperRecord> keeper;
  std::array<Published<ProcessRecord>, kProcessRoles> processes;
  std::atomic<std::int32_t> supervisor_pid{0};
  std::atomic<bool> detail{false};  ///< RunOptions::detail: verbose messages are wanted
  std::atomic<TellerStage> teller{TellerStage::Works};
  /// The tracker has taken over from the one of the generation before what it could.
  std::atomic<bool> trackers_met{false};
  std::atomic<std::uint32_t> fifos_made{0};  ///< bit per Global::fifos: ours to remove at the end
  std::array<std::atomic<std::uint64_t>, kWaysOut> outlet_drops{};
  std::array<std::atomic<std::uint64_t>, kWaysOut> outlet_done{};
};

/// Shared memory, made before the first fork; lives as long as a process maps it or holds fd().
class SharedPage {
 public:
  static Result<SharedPage> create(std::size_t instances, std::size_t tracked);
  /// The memory that another program made with the same numbers: how it gets over exec.
  static Result<SharedPage> adopt(os::Fd memory, std::size_t instances, std::size_t tracked);
  SharedPage(SharedPage&& other) noexcept;
  SharedPage& operator=(SharedPage&&) = delete;
  ~SharedPage();

  int fd() const { return memory_.get(); }
  InstanceState& instance(std::size_t index) const { return instances_[index]; }
  RareInstanceState& rare(std::size_t index) const { return rare_[index]; }
  Counters counters(std::size_t index) const;
  Household& household() const { return *household_; }
  /// One writer for each object; `index` as in TrackedObjects.
  void set_tracked(std::size_t index, const TrackState& state) const;
  TrackState tracked(std::size_t index) const;
  std::size_t tracked_count() const { return tracked_count_; }
  /// Messages to the teller that a full queue dropped.
  std::atomic<std::uint64_t>& dropped(Sender sender) const {
    return (*dropped_)[static_cast<std::size_t>(sender)];
  }

  std::atomic<HandoverStage>& handover() const { return *handover_; }

  void set_source(std::size_t index, const wire::IpAddress& source) const;
  /// Unspecified when its writer died in the middle of writing.
  wire::IpAddress source(std::size_t index) const;

 private:
  using Dropped = std::array<std::atomic<std::uint64_t>, kSenders>;
  explicit SharedPage(os::Fd memory) : memory_(std::move(memory)) {}
  /// Maps; `fresh` memory is initialised, other is taken as it is.
  static Result<SharedPage> map(os::Fd memory, std::size_t instances, std::size_t tracked,
                                bool fresh);

  os::Fd memory_;
  void* mapping_ = nullptr;
  std::size_t bytes_ = 0;
  Dropped* dropped_ = nullptr;
  std::atomic<HandoverStage>* handover_ = nullptr;
  Household* household_ = nullptr;
  InstanceState* instances_ = nullptr;
  RareInstanceState* rare_ = nullptr;
  TrackRecord* tracked_ = nullptr;
  std::size_t tracked_count_ = 0;
};

}  // namespace alibi::daemon
