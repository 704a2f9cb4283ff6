// SPDX-License-Identifier: Apache-2.0
// The timeline as SVG 1.1: one row a stream and tap, runs of heartbeats coloured by sender, gaps in
// red, hand-overs as strokes; what the mouse rests on says more. Dark where the viewer is.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/gaps.h"
#include "report/xml.h"

namespace alibi::report {
namespace {

using investigate::StreamSurvey;

constexpr double kLeft = 300;
constexpr double kWidth = 1000;
constexpr double kRowHeight = 46;
constexpr double kLegend = 34;
constexpr std::size_t kMostNamed = 3;  // senders of a row
constexpr double kTop = 30;
constexpr std::array kColours{"#4477aa", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#888888"};

class Drawing {
 public:
  explicit Drawing(const GapReport& report) : report_(report) {
    bool any = false;
    for (std::size_t i = 0; i < report.taps.size(); ++i) {
      if (report.taps[i].written == 0) continue;
      const Instant first = report.first[i] - ahead(i);
      const Instant last = report.last[i] - ahead(i);
      begin_ = any ? std::min(begin_, first) : first;
      end_ = any ? std::max(end_, last) : last;
      any = true;
    }
    if (end_ <= begin_) end_ = begin_ + Duration(1s);
  }

  std::string draw() {
    const double height = kTop + kRowHeight * static_cast<double>(report_.streams.size()) + kLegend;
    out_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
        "viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"11\">\n"
        "<style>.b{{fill:#fff}}.l{{stroke:#ddd}}.s{{fill:#666}}.h{{fill:#000}}"
        "@media(prefers-color-scheme:dark){{text{{fill:#eee}}.b{{fill:#181818}}.l{{stroke:#444}}"
        ".s{{fill:#aaa}}.h{{fill:#fff}}}}</style>\n"
        "<rect width=\"{0}\" height=\"{1}\" class=\"b\"/>\n",
        kLeft + kWidth + 20, height);
    axis(height - kLegend + 20);
    legend(height - 12);
    for (std::size_t i = 0; i < report_.streams.size(); ++i) {
      row(report_.streams[i], kTop + kRowHeight * static_cast<double>(i));
    }
    return out_ + "</svg>\n";
  }

 private:
  /// All taps are drawn on the first one's clock.
  Duration ahead(std::size_t tap) const {
    const bool known = tap < report_.clocks.size() && report_.clocks[tap].known;
    return known ? report_.clocks[tap].measured : Duration{0};
  }

  double x(Instant at) const {
    const double share =
        static_cast<double>((at - begin_).count()) / static_cast<double>((end_ - begin_).count());
    return kLeft + kWidth * std::clamp(share, 0.0, 1.0);
  }

  void axis(double height) {
    constexpr int kMarks = 5;
    for (int i = 0; i <= kMarks; ++i) {
      const Instant at = begin_ + (end_ - begin_) / kMarks * i;
      const std::string text = timestamp_text(at.ns / 1'000'000 * 1'000'000);
      out_ += fmt::format(
          "<path d=\"M{0:.1f} {1} V{2}\" class=\"l\"/>"
          "<text x=\"{0:.1f}\" y=\"14\" text-anchor=\"{3}\">{4}</text>\n",
          x(at), kTop - 8, height - 12, i == 0 ? "start" : (i == kMarks ? "end" : "middle"),
          text.substr(i == 0 ? 0 : 11, i == 0 ? 23 : 12));
    }
  }

  void legend(double y) {
    out_ += fmt::format(
        "<rect x=\"{0}\" y=\"{1:.1f}\" width=\"12\" height=\"10\" fill=\"#cc0000\" "
        "class=\"g\"/><text x=\"{2}\" y=\"{3:.1f}\">gap</text>"
        "<rect x=\"{4}\" y=\"{1:.1f}\" width=\"2\" height=\"10\" class=\"h\"/>"
        "<text x=\"{5}\" y=\"{3:.1f}\">hand-over</text>"
        "<text x=\"{6}\" y=\"{3:.1f}\">bars: a sender's heartbeats in time</text>\n",
        kLeft, y - 9, kLeft + 18, y, kLeft + 60, kLeft + 68, kLeft + 140);
  }

  /// In their colours.
  void name_senders(const StreamSurvey& stream, double y) {
    out_ += fmt::format("<text x=\"4\" y=\"{:.1f}\">", y);
    for (std::size_t i = 0; i < std::min(stream.senders.size(), kMostNamed); ++i) {
      out_ +=
          fmt::format("<tspan style=\"fill:{}\">\u25a0</tspan> {} ", kColours[i % kColours.size()],
                      xml_escaped(stream.senders[i].source.text()));
    }
    if (stream.senders.size() > kMostNamed) {
      out_ += fmt::format("and {} more", stream.senders.size() - kMostNamed);
    }
    out_ += "</text>\n";
  }

  /// `colour`: "#rrggbb", or the name of a class.
  void bar(Instant from, Instant to, double y, double thick, const char* colour,
           const std::string& title) {
    const double left = x(from - shift_);
    out_ += fmt::format(
        "<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.1f}\" {}=\"{}\">"
        "<title>{}</title></rect>\n",
        left, y, std::max(x(to - shift_) - left, *colour == '#' ? 0.5 : 1.5), thick,
        *colour == '#' ? "fill" : "class", colour, xml_escaped(title));
  }

  void row(const StreamSurvey& stream, double y) {
    shift_ = ahead(stream.tap);
    out_ += fmt::format("<text x=\"4\" y=\"{:.1f}\">{}</text>\n", y + 11,
                        xml_escaped(stream_name(report_, stream.key)));
    out_ += fmt::format("<text x=\"4\" y=\"{:.1f}\" class=\"s\">{}</text>\n", y + 24,
                        xml_escaped(report_.taps[stream.tap].label));
    name_senders(stream, y + 37);
    for (const investigate::Run& run : stream.runs) {
      // Senders one below the other, so that two masters at once are seen.
      const double thick =
          20.0 / static_cast<double>(std::min<std::size_t>(stream.senders.size(), 5));
      const auto lane = static_cast<double>(run.sender % 5);
      bar(run.begin, run.end, y + 4 + lane * thick, thick, kColours[run.sender % kColours.size()],
          fmt::format("{}: {} to {}", stream.senders[run.sender].source.text(),
                      timestamp_text(run.begin.ns), timestamp_text(run.end.ns)));
    }
    for (const investigate::Gap& gap : stream.gaps) {
      bar(gap.before.at, gap.after.at, y, 28, "#cc0000",
          fmt::format("gap of {} from {}, packets {} to {}", seconds_text(gap.length(), 6),
                      timestamp_text(gap.before.at.ns), gap.before.packet_number,
                      gap.after.packet_number));
    }
    for (const auto& found : stream.incidents) {
      const investigate::Incident& incident = found.incident;
      if (!is_hand_over(incident)) continue;
      bar(incident.at, incident.at, y - 1, 30, "h",
          fmt::format("{}: {} to {} at {}", investigate::kind_text(incident),
                      stream.senders[incident.from].source.text(),
                      stream.senders[incident.to].source.text(), timestamp_text(incident.at.ns)));
    }
  }

  const GapReport& report_;
  Instant begin_, end_;
  Duration shift_{0};  // of the row being drawn
  std::string out_;
};

}  // namespace

std::string gaps_svg(const GapReport& report) { return Drawing(report).draw(); }

}  // namespace alibi::report
