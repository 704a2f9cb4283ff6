// SPDX-License-Identifier: Apache-2.0
// The texts in octets, one after the other, and zlib around them.
#include "daemon/kept_sources.h"

#include <zlib.h>

#include "base/check.h"

namespace alibi::daemon {
namespace {

constexpr std::size_t kLeastText = sizeof(std::uint32_t);

void put(BlobWriter& out, const std::vector<std::string>& texts) {
  out.put(static_cast<std::uint32_t>(texts.size()));
  for (const auto& text : texts) out.text(text);
}

std::vector<std::string> get_texts(BlobReader& in) {
  std::vector<std::string> texts;
  for (std::size_t left = in.count(kLeastText); left > 0; --left) texts.push_back(in.text());
  return texts;
}

}  // namespace

void write(BlobWriter& out, const config::Sources& sources) {
  out.text(sources.config_id);
  out.text(sources.file.name);
  out.text(sources.file.text);
  out.put(static_cast<std::uint32_t>(sources.includes.size()));
  for (const auto& include : sources.includes) {
    out.text(include.pattern);
    out.text(include.from);
    out.put(static_cast<std::uint32_t>(include.files.size()));
    for (const auto& file : include.files) {
      out.text(file.name);
      out.text(file.text);
    }
    put(out, include.unreadable);
    put(out, include.unmatched);
  }
  out.put(sources.seed);
  out.put(static_cast<std::uint32_t>(sources.environment.size()));
  for (const auto& [name, value] : sources.environment) {
    out.text(name);
    out.text(value);
  }
}

config::Sources read_sources(BlobReader& in) {
  config::Sources sources;
  sources.config_id = in.text();
  sources.file.name = in.text();
  sources.file.text = in.text();
  for (std::size_t left = in.count(3 * kLeastText); left > 0; --left) {
    config::Sources::Include include;
    include.pattern = in.text();
    include.from = in.text();
    for (std::size_t files = in.count(2 * kLeastText); files > 0; --files) {
      config::File file;
      file.name = in.text();
      file.text = in.text();
      include.files.push_back(std::move(file));
    }
    include.unreadable = get_texts(in);
    include.unmatched = get_texts(in);
    sources.includes.push_back(std::move(include));
  }
  sources.seed = in.get<std::uint64_t>();
  for (std::size_t left = in.count(2 * kLeastText); left > 0; --left) {
    std::string name = in.text();
    sources.environment[std::move(name)] = in.text();
  }
  return sources;
}

KeptSources::KeptSources(const config::Sources& sources) {
  BlobWriter out;
  write(out, sources);
  bytes_ = out.bytes().size();
  const auto* from = reinterpret_cast<const Bytef*>(out.bytes().data());
  uLongf size = ::compressBound(bytes_);
  std::vector<std::byte> room(size);
  CHECK(::compress(reinterpret_cast<Bytef*>(room.data()), &size, from, bytes_) == Z_OK);
  packed_.assign(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size));
}

config::Sources KeptSources::get() const {
  std::vector<std::byte> bytes(bytes_);
  uLongf size = bytes_;
  const auto* from = reinterpret_cast<const Bytef*>(packed_.data());
  CHECK(::uncompress(reinterpret_cast<Bytef*>(bytes.data()), &size, from, packed_.size()) == Z_OK);
  BlobReader in(bytes);
  config::Sources sources = read_sources(in);
  CHECK(in.complete());
  return sources;
}

}  // namespace alibi::daemon
