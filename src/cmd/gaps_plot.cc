// SPDX-License-Identifier: Apache-2.0
// The timeline into a file: SVG as it is, PNG by a program that draws SVG. No library for it, since
// the daemon is this program, too, and its memory is counted in pages.
#include <cerrno>

#include "cmd/gaps_options.h"
#include "cmd/text_file.h"
#include "os/filter_program.h"
#include "report/gaps.h"

namespace alibi::cmd {
namespace {

constexpr const char* kDrawer = "rsvg-convert";

Result<std::string> png_of(const std::string& svg) {
  // Twice as large, so that the letters can be read; a drawing with very many rows as it is.
  auto png = os::filter_program({kDrawer, "--format", "png", "--zoom", "2"}, svg);
  if (!png && png.error().os_errno == 0)
    png = os::filter_program({kDrawer, "--format", "png"}, svg);
  if (!png && png.error().os_errno == ENOENT)
    return fail(std::string("--plot into PNG needs ") + kDrawer +
                ": install it (Debian: librsvg2-bin), or name a file that ends in .svg");
  return png;
}

bool is_png(const std::string& path) { return path.ends_with(".png") || path.ends_with(".PNG"); }

}  // namespace

Result<void> plot_gaps(const investigate::GapReport& report, const std::string& path) {
  const std::string svg = report::gaps_svg(report);
  if (!is_png(path)) return write_text_file(path, svg);
  const auto png = png_of(svg);
  if (!png) return tl::unexpected(png.error());
  return write_text_file(path, *png);
}

}  // namespace alibi::cmd
