// SPDX-License-Identifier: Apache-2.0
// `alibi status` as JSON and as Prometheus text: the formats of docs/formats/status.md. Pure: a
// view in, a text out.
#pragma once

#include <string>

#include "daemon/view.h"

namespace alibi::daemon {

inline constexpr int kStatusVersion = 1;

/// The whole document.
std::string status_json(const View& view);
/// One element of its `instances`.
std::string instance_json(const View& view, const InstanceView& instance);
/// Prometheus text exposition, version 0.0.4.
std::string metrics_text(const View& view);

/// What a client asked and is answered: one JSON object in a line, `{"version":1,"get":"status"}`
/// (or "metrics"). What is not understood is answered by {"version":1,"error":"..."}.
std::string answer(const View& view, std::string_view request);

}  // namespace alibi::daemon
