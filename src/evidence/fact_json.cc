// SPDX-License-Identifier: Apache-2.0
// Facts as JSON objects and back, by the field lists of fact_fields.h.
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "evidence/case_file.h"
#include "evidence/cell.h"
#include "evidence/fact_fields.h"

namespace alibi::evidence {
namespace {

using Json = nlohmann::json;

template <typename T>
inline constexpr bool kIsNumber = std::integral<T> && !std::same_as<T, char>;
template <typename T>
inline constexpr bool kIsVector = false;
template <typename T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <typename T>
inline constexpr bool kIsArray = false;
template <typename T, std::size_t N>
inline constexpr bool kIsArray<std::array<T, N>> = true;

/// Written as an object of its own fields.
template <typename T>
inline constexpr bool kIsObject = std::same_as<T, Rival> || std::same_as<T, TrackedObject> ||
                                  std::same_as<T, ConfiguredRouter>;

// ---- writing ----

template <typename T>
Json to_json(const T& value);

template <typename T>
Json object_of(const T& value) {
  Json out = Json::object();
  auto put = [&out](const char* name, const auto& field) { out[name] = to_json(field); };
  fields(put, value);
  return out;
}

template <typename T>
Json to_json(const T& value) {
  if constexpr (kIsVector<T> || kIsArray<T>) {
    Json out = Json::array();
    for (const auto& item : value) out.push_back(to_json(item));
    return out;
  } else if constexpr (kIsNumber<T>) {
    return value;
  } else if constexpr (kIsObject<T>) {
    return object_of(value);
  } else {
    return to_cell(value);
  }
}

// ---- reading ----

template <typename T>
bool from_json(const Json& json, T& out);

// Every field of `out` that the object has; false and the field's name when one is not right.
template <typename T>
bool read_object(const Json& json, T& out, std::string& bad_field) {
  bool good = true;
  auto get = [&](const char* name, auto& field) {
    const auto found = json.find(name);
    // Absent: written before the field existed. It keeps its default.
    if (!good || found == json.end()) return;
    good = from_json(*found, field);
    if (!good) bad_field = name;
  };
  fields(get, out);
  return good;
}

template <typename T>
bool read_number(const Json& json, T& out) {
  if constexpr (std::same_as<T, bool>) {
    if (!json.is_boolean()) return false;
    out = json.get<bool>();
    return true;
  } else if (json.is_number_unsigned()) {
    const auto value = json.get<std::uint64_t>();
    out = static_cast<T>(value);
    return std::in_range<T>(value);
  } else if (json.is_number_integer()) {
    const auto value = json.get<std::int64_t>();
    out = static_cast<T>(value);
    return std::in_range<T>(value);
  } else {
    return false;
  }
}

template <typename T>
bool from_json(const Json& json, T& out) {
  if constexpr (kIsVector<T>) {
    if (!json.is_array()) return false;
    out.resize(json.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (!from_json(json[i], out[i])) return false;
    }
    return true;
  } else if constexpr (kIsArray<T>) {
    if (!json.is_array() || json.size() != out.size()) return false;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (!from_json(json[i], out[i])) return false;
    }
    return true;
  } else if constexpr (kIsNumber<T>) {
    return read_number(json, out);
  } else if constexpr (kIsObject<T>) {
    std::string ignored;
    return json.is_object() && read_object(json, out, ignored);
  } else {
    return json.is_string() && from_cell(json.get_ref<const std::string&>(), out);
  }
}

// A default fact of the named kind, by going through the variant.
template <std::size_t I = 0>
bool make_fact(std::string_view kind, Fact& out) {
  if constexpr (I < std::variant_size_v<Fact>) {
    out.emplace<I>();
    return kind_name(out) == kind || make_fact<I + 1>(kind, out);
  } else {
    return false;
  }
}

}  // namespace

std::string fact_json(const Fact& fact) {
  const Json json = std::visit([](const auto& f) { return object_of(f); }, fact);
  // Names of processes and files are octets, not always UTF-8; what is not becomes U+FFFD.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Fact> parse_fact(std::string_view kind, std::string_view text) {
  Fact fact;
  if (!make_fact(kind, fact)) {
    return fail("unknown kind of event \"" + std::string(kind.substr(0, 64)) +
                "\": written by a newer alibi?");
  }
  const Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return fail(std::string(kind) + ": not a JSON object");
  std::string bad_field;
  const bool good = std::visit([&](auto& f) { return read_object(json, f, bad_field); }, fact);
  if (!good) return fail(std::string(kind) + ": field \"" + bad_field + "\" has a wrong value");
  return fact;
}

}  // namespace alibi::evidence
