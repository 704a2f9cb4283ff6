// SPDX-License-Identifier: Apache-2.0
#include "doctor/facts_json.h"

#include <nlohmann/json.hpp>
#include <type_traits>

#include "doctor/fact_fields.h"
#include "hops/facts_json.h"

namespace alibi::doctor {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
inline constexpr bool kPlain = std::is_arithmetic_v<T> || std::is_same_v<T, std::string>;
template <typename T>
inline constexpr bool kOptional = false;
template <typename T>
inline constexpr bool kOptional<std::optional<T>> = true;
template <typename T>
inline constexpr bool kList = false;
template <typename T>
inline constexpr bool kList<std::vector<T>> = true;

struct Writer {
  Json out = Json::object();

  template <typename T>
  static Json value(T& from) {
    if constexpr (kPlain<T>) {
      return from;
    } else if constexpr (kOptional<T>) {
      return from ? value(*from) : Json(nullptr);
    } else if constexpr (kList<T>) {
      Json list = Json::array();
      for (auto& each : from) list.push_back(value(each));
      return list;
    } else {
      Writer inner;
      fields(inner, from);
      return inner.out;
    }
  }
  template <typename T>
  void operator()(const char* name, T& from) {
    out[name] = value(from);
  }
};

struct Reader {
  const Json& in;

  template <typename T>
  static void value(const Json& from, T& to) {
    if constexpr (kPlain<T>) {
      to = from.get<T>();
    } else if constexpr (kOptional<T>) {
      if (from.is_null()) return;
      to.emplace();
      value(from, *to);
    } else if constexpr (kList<T>) {
      for (const Json& each : from) {
        to.emplace_back();
        value(each, to.back());
      }
    } else {
      Reader inner{from};
      fields(inner, to);
    }
  }
  template <typename T>
  void operator()(const char* name, T& to) {
    value(in.at(name), to);
  }
};

}  // namespace

std::string facts_json(const Facts& facts) {
  Facts copy = facts;
  Writer writer;
  writer.out["alibi_doctor"] = kFactsVersion;
  fields(writer, copy);
  writer.out["links"] = Json::parse(hops::facts_json(facts.links));
  return writer.out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Facts> facts_from_json(std::string_view text, const std::string& source) {
  try {
    const Json in = Json::parse(text);
    if (!in.is_object() || in.value("alibi_doctor", 0) != kFactsVersion) {
      return fail(source + ": not written by `alibi doctor --facts` of this version");
    }
    Facts facts;
    Reader reader{in};
    fields(reader, facts);
    auto links = hops::facts_from_json(in.at("links").dump(), source + ", links");
    if (!links) return tl::unexpected(links.error());
    facts.links = std::move(*links);
    return facts;
  } catch (const Json::exception& error) {
    return fail(source + ": " + error.what());
  }
}

}  // namespace alibi::doctor
