// SPDX-License-Identifier: Apache-2.0
// Making the channels, and speaking into them.
#include "daemon/channels.h"

#include "daemon/tracked_objects.h"

namespace alibi::daemon {

Result<Channels> Channels::create(const config::Settings& settings) {
  auto page = SharedPage::create(settings.instances.size(), TrackedObjects(settings).size());
  if (!page) return tl::unexpected(page.error());
  auto keeper = os::MessageQueue::create();
  if (!keeper) return tl::unexpected(keeper.error());
  auto tracker = os::MessageQueue::create();
  if (!tracker) return tl::unexpected(tracker.error());
  auto supervisor = os::MessageQueue::create();
  if (!supervisor) return tl::unexpected(supervisor.error());
  auto recorder = os::MessageQueue::create();
  if (!recorder) return tl::unexpected(recorder.error());
  auto results = os::MessageQueue::create();
  if (!results) return tl::unexpected(results.error());
  auto control = os::MessagePair::create();
  if (!control) return tl::unexpected(control.error());
  auto trackers = os::MessagePair::create();
  if (!trackers) return tl::unexpected(trackers.error());
  return Channels{std::move(*page),     std::move(*keeper),  std::move(*tracker),
                  std::move(*supervisor), std::move(*recorder), std::move(*results),
                  std::move(*control),    std::move(*trackers), {}};
}

void Channels::forget_sender(pid_t pid) const {
  for (const auto* queue : {&keeper_to_teller, &tracker_to_teller, &supervisor_to_teller,
                            &recorder_to_teller, &tracker_to_keeper}) {
    queue->forget_sender(pid);
  }
}

std::vector<int> Channels::descriptors() const {
  std::vector<int> all{page.fd(), keeper_control.first.fd(), keeper_control.second.fd(),
                       tracker_control.first.fd(), tracker_control.second.fd()};
  for (const auto* queue : {&keeper_to_teller, &tracker_to_teller, &supervisor_to_teller,
                            &recorder_to_teller, &tracker_to_keeper}) {
    for (const int fd : queue->descriptors()) all.push_back(fd);
  }
  if (fence.loaded != nullptr) {
    for (const int map : fence.loaded->maps()) all.push_back(map);
  }
  return all;
}

Result<Channels> Channels::adopt(const config::Settings& settings, const RunOptions& options,
                                 std::vector<os::Fd> descriptors) {
  constexpr std::size_t kFirstQueue = 5;
  constexpr std::size_t kDescriptors = 15;
  const bool fenced = descriptors.size() == kDescriptors + bpf::Fence::kMaps;
  if (!fenced && descriptors.size() != kDescriptors) {
    return fail("another number of channels than expected");
  }
  auto page = SharedPage::adopt(std::move(descriptors[0]), settings.instances.size(),
                                TrackedObjects(settings).size());
  if (!page) return tl::unexpected(page.error());
  std::vector<os::MessageQueue> queues;
  for (std::size_t at = kFirstQueue; at < kDescriptors; at += 2) {
    auto queue =
        os::MessageQueue::adopt(std::move(descriptors[at]), std::move(descriptors[at + 1]));
    if (!queue) return tl::unexpected(queue.error());
    queues.push_back(std::move(*queue));
  }
  SharedFence fence;
  if (fenced) {
    std::vector<os::Fd> maps;
    for (std::size_t i = kDescriptors; i < descriptors.size(); ++i) {
      maps.push_back(std::move(descriptors[i]));
    }
    auto adopted = bpf::Fence::adopt(std::move(maps),
                                     static_cast<std::uint32_t>(settings.instances.size()),
                                     fence_handle(options.run_folder));
    if (!adopted) return tl::unexpected(adopted.error());
    fence.loaded = std::move(*adopted);
    fence.mode = options.fence;
  }
  return Channels{std::move(*page), std::move(queues[0]), std::move(queues[1]),
                  std::move(queues[2]), std::move(queues[3]), std::move(queues[4]),
                  {os::MessageEnd(std::move(descriptors[1])),
                   os::MessageEnd(std::move(descriptors[2]))},
                  {os::MessageEnd(std::move(descriptors[3])),
                   os::MessageEnd(std::move(descriptors[4]))},
                  std::move(fence)};
}

void Voice::say(const Tell& tell) const {
  if (tell.verbose != 0 && !detail_) return;
  if (!queue_.send(sent_part(tell))) dropped_.fetch_add(1);
}

void Voice::say_daemon(std::string_view text, std::uint8_t severity) const {
  Tell tell = make_tell(Tell::Kind::Daemon);
  tell.severity = severity;
  tell.text = text;
  say(tell);
}

}  // namespace alibi::daemon
