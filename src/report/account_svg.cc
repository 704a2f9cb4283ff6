// SPDX-License-Identifier: Apache-2.0
// A panel an account: axis, adverts, a lane a thread, moments, and the states with their times.
// Pieces that are narrower than a pixel are drawn as what fills most of that pixel.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "investigate/lanes.h"
#include "report/account.h"
#include "report/xml.h"

namespace alibi::report {
namespace {

using investigate::Account;
using investigate::Doing;
using investigate::Lane;
using investigate::Verdict;

constexpr int kLeft = 240;
constexpr int kWidth = 900;
constexpr int kRight = 40;
constexpr int kRow = 30;
constexpr std::size_t kNameLetters = 34;
constexpr std::size_t kTextLetters = 140;

std::string_view colour(Doing doing) {
  switch (doing) {
    case Doing::Unobserved:
      return "#bbbbbb";
    case Doing::Running:
      return "#228833";
    case Doing::Spinning:
      return "#ddaa33";
    case Doing::Idle:
      return "#a8d8b0";
    case Doing::Runnable:
      return "#ccbb44";
    case Doing::Throttled:
      return "#997700";
    case Doing::Stopped:
      return "#cc3311";
    case Doing::Frozen:
      return "#66ccee";
    case Doing::DiskWait:
      return "#4477aa";
    case Doing::FilesystemWait:
      return "#222255";
    case Doing::LogWait:
      return "#aa3377";
    case Doing::OtherWait:
      return "#ee8866";
    case Doing::Reclaiming:
      return "#cc6677";
    case Doing::SwapIn:
      return "#882255";
    case Doing::PageIn:
      return "#88ccee";
    case Doing::Gone:
      return "#666666";
    case Doing::Paused:
      return "#000000";
    case Doing::Stolen:
      return "#555500";
    case Doing::Silent:
      return "#999933";
  }
  return "#bbbbbb";
}

/// At most `most` characters of UTF-8, with an ellipsis where some were left out.
std::string shortened(const std::string& text, std::size_t most) {
  std::size_t letters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80) continue;
    if (++letters == most) return text.substr(0, i) + "…";
  }
  return text;
}

/// 1, 2 or 5 times a power of ten, so that at most ten steps fill `span`.
double step_of(double span) {
  const double rough = span / 10;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

class Panel {
 public:
  Panel(std::string& out, int& y, const Account& account) : out_(out), y_(y), account_(account) {}

  void title(const std::string& title) {
    text(20, y_ + 18, "h", shortened(title, 130), title);
    y_ += 40;
  }

  void axis() {
    const double span = std::max(1e-9, seconds(account_.end - account_.begin));
    const double step = step_of(span);
    const int digits = std::max(0, static_cast<int>(-std::floor(std::log10(step))));
    for (int i = 0; i * step <= span * (1 + 1e-9); ++i) {
      const double x = kLeft + kWidth * i * step / span;
      text(x, y_ + 10, "m", fmt::format("{:.{}f} s", i * step, digits));
      out_ += fmt::format("<path class=\"t\" d=\"M{0:.1f} {1}V{2}\"/>\n", x, y_ + 14, y_ + 19);
    }
    y_ += 22;
  }

  void adverts(const std::vector<Instant>& adverts) {
    text(kLeft - 12, y_ + 14, "e", "adverts sent");
    for (const Instant at : adverts) {
      out_ += fmt::format(
          "<circle class=\"a\" cx=\"{:.1f}\" cy=\"{}\" r=\"4\"><title>advert at {}</title>"
          "</circle>\n",
          x_of(at), y_ + 10, seconds_text(at - account_.begin, 6));
    }
    y_ += 24;
  }

  void lane(const Lane& lane) {
    const std::string name = fmt::format("{} {}, {}", lane.name, lane.tid, lane.part);
    text(kLeft - 12, y_ + 17, "e", shortened(name, kNameLetters), name);
    const Duration pixel = (account_.end - account_.begin) / kWidth;
    int begin = 0;
    Doing doing = doing_in(lane.segments, account_.begin, account_.begin + pixel);
    for (int x = 1; x <= kWidth; ++x) {
      const Instant at = account_.begin + pixel * x;
      const Doing next = x == kWidth ? doing : doing_in(lane.segments, at, at + pixel);
      if (x < kWidth && next == doing) continue;
      out_ += fmt::format(
          "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"><title>{}</title>"
          "</rect>\n",
          kLeft + begin, y_, x - begin, kRow - 6, colour(doing),
          fmt::format("{}, {} to {}", investigate::text(doing), seconds_text(pixel * begin),
                      seconds_text(pixel * x)));
      begin = x;
      doing = next;
    }
    y_ += kRow;
  }

  void moments(int top) {
    moment(account_.due, top, "due", 14);
    moment(account_.decided, top, account_.decided == account_.end ? "end" : "taken over", 28);
    y_ += 40;
  }

  /// `whole`: what the times sum to.
  void states(std::string_view whole) {
    for (const StateTime& state : state_times(account_)) {
      out_ += fmt::format("<rect x=\"20\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{}\"/>\n",
                          y_ + 2, colour(state.doing));
      text(kLeft - 90, y_ + 12, "e", seconds_text(state.time, 6));
      std::string words{investigate::text(state.doing)};
      if (state.longest != nullptr) {
        if (!state.longest->detail.empty()) words += ", " + state.longest->detail;
        const std::string evidence = investigate::evidence_text(*state.longest);
        if (!evidence.empty()) words += " (" + evidence + ")";
      }
      text(kLeft - 75, y_ + 12, "s", shortened(words, kTextLetters), words);
      y_ += 20;
    }
    text(kLeft - 90, y_ + 12, "e", seconds_text(account_.end - account_.begin, 6));
    text(kLeft - 75, y_ + 12, "s", std::string(whole));
    y_ += 40;
  }

 private:
  static double seconds(Duration time) { return static_cast<double>(time.count()) / 1e9; }

  double x_of(Instant at) const {
    const double span = std::max(1e-9, seconds(account_.end - account_.begin));
    return kLeft + kWidth * std::clamp(seconds(at - account_.begin) / span, 0.0, 1.0);
  }

  void moment(Instant at, int top, std::string_view name, int below) {
    const double x = x_of(at);
    out_ += fmt::format(
        "<path class=\"c\" d=\"M{0:.1f} {1}V{2}\"/><path class=\"d\" d=\"M{0:.1f} {1}V{2}\"/>\n", x,
        top, y_ + below - 10);
    text(x, y_ + below, "m", fmt::format("{} {}", name, seconds_text(at - account_.begin)));
  }

  /// `style`: h headline, e ends at x, m middle at x, s starts at x. `whole` is what the mouse
  /// shows.
  void text(double x, int y, std::string_view style, const std::string& words,
            const std::string& whole = {}) {
    out_ += fmt::format(
        "<text class=\"{}\" x=\"{:.1f}\" y=\"{}\">{}{}</text>\n", style, x, y, xml_escaped(words),
        whole.empty() || whole == words ? std::string()
                                        : "<title>" + xml_escaped(whole) + "</title>");
  }

  std::string& out_;
  int& y_;
  const Account& account_;
};

constexpr std::string_view kStyle =
    "<style>text{fill:#111}.h{font-size:15px;font-weight:bold}.e{text-anchor:end}"
    ".m{text-anchor:middle}.t{stroke:#777}.a{fill:#111}.c{stroke:#fff;stroke-width:3}.d{stroke:#"
    "c00;stroke-dasharray:4 3}"
    ".b{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#eee}.a{fill:#eee}.b{fill:#181818}.c{"
    "stroke:#181818}"
    ".d{stroke:#f66}}</style>\n";

/// `nothing` is said where there is no body.
std::string picture(std::string body, int height, std::string_view nothing) {
  if (body.empty()) {
    body = fmt::format("<text class=\"s\" x=\"20\" y=\"30\">{}</text>\n", nothing);
    height = 50;
  }
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
             "viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"12\">\n",
             kLeft + kWidth + kRight, height) +
         std::string(kStyle) + "<rect class=\"b\" width=\"100%\" height=\"100%\"/>\n" + body +
         "</svg>\n";
}

}  // namespace

std::string accounts_svg(const evidence::Recording& recording,
                         const std::vector<Verdict>& verdicts) {
  std::string body;
  int y = 10;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (!verdicts[i].account) continue;
    const Account& account = *verdicts[i].account;
    Panel panel(body, y, account);
    panel.title(fmt::format("Incident {}: {} of {}{}{}, {}", verdicts[i].number,
                            seconds_text(account.end - account.begin), account.sender.comm,
                            verdicts[i].host.empty() ? "" : " on ", verdicts[i].host,
                            time_of_day_text(recording.unix_ns(account.begin))));
    const int top = y + 22;
    panel.axis();
    panel.adverts(investigate::adverts_in(recording, verdicts[i]));
    for (const Lane& lane : investigate::lanes_of(recording, account)) panel.lane(lane);
    panel.moments(top);
    panel.states("the gap");
  }
  return picture(std::move(body), y, "No incident has an account.");
}

std::string threads_svg(const evidence::Recording& recording,
                        const std::vector<investigate::ThreadAccount>& threads) {
  std::string body;
  int y = 10;
  for (const investigate::ThreadAccount& thread : threads) {
    Panel panel(body, y, thread.account);
    panel.title(thread_title(recording, thread));
    panel.axis();
    for (const Lane& lane : investigate::lanes_of(recording, thread)) panel.lane(lane);
    y += 10;
    panel.states("the whole time");
  }
  return picture(std::move(body), y, "No thread has an account.");
}

}  // namespace alibi::report
