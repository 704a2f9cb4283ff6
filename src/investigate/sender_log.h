// SPDX-License-Identifier: Apache-2.0
// One sender of a stream at one tap while its heartbeats go by: counters, and of the heartbeats
// themselves only those next to something irregular.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "investigate/cadence.h"
#include "investigate/stream.h"

namespace alibi::investigate {

/// What a sender's IP identifications are good for.
enum class Identification : std::uint8_t {
  None,      ///< always 0, or none (IPv6)
  Constant,  ///< the same in every packet
  Counting,  ///< one more with every heartbeat: what is missing was sent, and lost
  Other,     ///< shared with other packets of the host, or random
};

class SenderLog {
 public:
  /// `claimed` is the interval where the heartbeats do not say it themselves; 0: not known.
  explicit SenderLog(Duration claimed) : claimed_(claimed) {}

  struct Taken {
    bool duplicate = false;
    bool irregular = false;      ///< kept: no plain heartbeat in time
    std::optional<Beat> before;  ///< the last one of this sender
    Duration expected{0};        ///< the interval that was expected; 0: not known yet
    /// Set when this one advertises another interval than the one before: by what those until then
    /// were to be judged. From here on the usual time is learned anew.
    std::optional<Duration> interval_until;
  };
  /// `interrupted`: another sender was heard since its last heartbeat. Its silence may then be that
  /// of a backup, and says nothing of the interval.
  Taken take(Beat beat, bool interrupted = false);
  /// Something happened beside: the last beat until `at` and the next after it are kept.
  void pin(Instant at);
  /// What was kept up to `before`, but for the last of it, is given up.
  void forget(Instant before);
  std::size_t kept() const { return kept_.size(); }
  /// All beats that were kept, ordered by time. Ends the log.
  std::vector<Beat> finish();

  /// The interval: advertised or claimed, or the usual one where that is plainly longer.
  Duration interval() const;
  /// The shortest that it ever was: no heartbeat is late by a later, longer one.
  Duration shortest_interval() const;
  Duration advertised() const { return advertised_; }
  Identification identification() const;

  /// Of all its heartbeats.
  Cadence cadence() const;
  /// The usual time between two since the interval that is advertised changed; 0: too few to tell.
  Duration learned() const { return cadence_.usual(); }
  std::uint64_t beats() const { return beats_; }
  std::uint64_t duplicates() const { return duplicates_; }
  /// Identifications that belong between two seen before, where they count.
  std::uint64_t reordered() const { return reordered_; }
  const Beat& first() const { return first_; }
  const Beat& last() const { return recent_.back(); }
  Priority lowest() const { return lowest_; }
  Priority highest() const { return highest_; }

 private:
  bool changes_interval(const Beat& beat) const;
  void learn_anew();
  void close_interval();
  void keep(const Beat& beat);
  void flush();
  void learn();
  void count(const Beat& beat);

  Duration claimed_;
  Duration advertised_{0};                     // the last
  Duration shortest_until_ = Duration::max();  // of the intervals before it changed
  Duration usual_{0};
  Cadence cadence_;  // since the interval that is advertised changed
  Cadence earlier_;  // before
  std::uint64_t beats_ = 0, duplicates_ = 0, reordered_ = 0;
  std::uint64_t ids_next_ = 0, ids_same_ = 0, ids_other_ = 0, ids_zero_ = 0;
  Priority lowest_{255}, highest_{0};
  Beat first_;
  std::vector<Beat> recent_;  // the last few, for duplicates
  std::vector<Beat> kept_;
  std::size_t first_kept_ = 0;   // since the interval that is advertised changed
  std::optional<Beat> pending_;  // the latest, in time, not kept so far
  std::uint64_t skipped_ = 0;    // between the last kept and the pending one
  std::uint64_t dropped_ = 0;    // capture losses between the last kept and now
  std::optional<Instant> pinned_;
};

}  // namespace alibi::investigate
