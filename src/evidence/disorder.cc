// SPDX-License-Identifier: Apache-2.0
// The words for a step of the clock.
#include "evidence/disorder.h"

namespace alibi::evidence {

std::string text(const StepBack& step) {
  const std::string by = seconds_text(step.by);
  const std::string packet = std::to_string(step.packet);
  const std::string before = "times are by the clock as it was before, as far as the senders tell";
  if (step.ahead_since != 0) {
    return ": from packet " + std::to_string(step.ahead_since) +
           " on the clock was ahead, and at packet " + packet + " it was set back by the same " +
           by + "; " + before;
  }
  const std::string back = ": from packet " + packet + " on the stamps go back by " + by;
  if (step.until != 0) {
    return back + ", and at packet " + std::to_string(step.until) +
           " forward by as much: the clock was set back and forward again; " + before;
  }
  if (step.what == Backwards::ClockSet) return back + ": the clock was set back; " + before;
  if (step.what == Backwards::OutOfOrder) return back + ": pieces that were joined out of order";
  return back +
         ": pieces joined out of order, or a clock that was set back; nothing shows which, and "
         "what comes before and after is not compared";
}

}  // namespace alibi::evidence
