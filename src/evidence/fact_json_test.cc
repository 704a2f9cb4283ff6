// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evidence/case_file.h"
#include "evidence/cell.h"
#include "evidence/fact_fields.h"

namespace alibi::evidence {
namespace {

using ::testing::HasSubstr;

// ---- a value that is not the default, for every type a fact may hold ----

struct Filler {
  std::int64_t next = 1;

  template <typename T>
  void operator()(const char*, T& out) {
    fill(out);
  }
  template <typename T>
  requires std::integral<T> || std::is_enum_v<T>
  void fill(T& out) {
    if constexpr (std::same_as<T, bool>) {
      out = true;
    } else if constexpr (std::same_as<T, char>) {
      out = 'D';
    } else if constexpr (std::is_enum_v<T>) {
      out = static_cast<T>(kEnumNames<T>.size() - 1);
    } else {
      // The ends of the range now and then.
      out = static_cast<T>(next++);
      if (next % 3 == 0) out = std::numeric_limits<T>::max();
      if (next % 5 == 0) out = std::numeric_limits<T>::min();
    }
  }
  void fill(std::string& out) { out = "text \"" + std::to_string(next++) + "\" \n ü"; }
  void fill(wire::IpAddress& out) { out = *wire::IpAddress::parse("2001:db8::7"); }
  void fill(wire::MacAddress& out) { out = *wire::MacAddress::parse("02:00:00:00:00:07"); }
  void fill(Rival& out) { fields(*this, out); }
  void fill(TrackedObject& out) { fields(*this, out); }
  void fill(ConfiguredRouter& out) { fields(*this, out); }
  template <typename T>
  void fill(std::vector<T>& out) {
    out.resize(3);
    for (T& item : out) fill(item);
  }
  template <typename T, std::size_t N>
  void fill(std::array<T, N>& out) {
    for (T& item : out) fill(item);
  }
};

template <std::size_t I = 0, typename Each>
void for_each_kind(Each each) {
  if constexpr (I < std::variant_size_v<Fact>) {
    each(std::variant_alternative_t<I, Fact>{});
    for_each_kind<I + 1>(each);
  }
}

TEST(FactJson, EveryKindComesBackEqual) {
  std::size_t kinds = 0;
  for_each_kind([&kinds](auto fact) {
    Filler filler;
    fields(filler, fact);
    const Fact in(fact);
    const std::string json = fact_json(in);
    EXPECT_NE(json, fact_json(Fact(decltype(fact){})));
    const auto out = parse_fact(kind_name(in), json);
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(out->index(), in.index());
    EXPECT_EQ(fact_json(*out), json);
    ++kinds;
  });
  EXPECT_EQ(kinds, 36U);
}

// ---- that fact_fields.h lists every member ----

struct Anything {
  template <typename T>
  operator T() const;  // NOLINT: converts to whatever the member is
};
template <typename T, typename... Args>
constexpr std::size_t members() {
  if constexpr (requires { T{Args{}..., Anything{}}; }) {
    return members<T, Args..., Anything>();
  } else {
    return sizeof...(Args);
  }
}

template <typename T>
std::size_t listed(T value) {
  std::size_t out = 0;
  auto count = [&out](const char*, const auto&) { ++out; };
  fields(count, value);
  return out;
}

TEST(FactJson, TheFieldListsAreComplete) {
  for_each_kind([](auto fact) {
    EXPECT_EQ(listed(fact), members<decltype(fact)>()) << kind_name(Fact(fact));
  });
  EXPECT_EQ(listed(Rival{}), members<Rival>());
  EXPECT_EQ(listed(TrackedObject{}), members<TrackedObject>());
  EXPECT_EQ(listed(ConfiguredRouter{}), members<ConfiguredRouter>());
}

// ---- exact forms, which files on disk depend on ----

TEST(FactJson, ExactText) {
  EXPECT_EQ(fact_json(ProcessForked{1, 2}), R"({"child":2,"parent":1})");
  ThreadOn on;
  on.tid = 5;
  on.rivals = {{9, "stress", 1'000'000, "fifo 50"}};
  EXPECT_EQ(fact_json(on), R"({"cpu":0,"pid":0,"rivals":[{"comm":"stress","ns":1000000,"pid":9,)"
                           R"("policy":"fifo 50"}],"tid":5})");
  AddressChange change;
  change.address = wire::IpAddress::v4(0xC0A8CD07);
  change.added = true;
  EXPECT_THAT(fact_json(change), HasSubstr(R"("added":true,"address":"192.168.205.7")"));
}

TEST(FactJson, OctetsThatAreNotUtf8AreReplaced) {
  ProcessExec exec;
  exec.comm = "a\xff\x01";
  const auto out = parse_fact("process_exec", fact_json(exec));
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(std::get<ProcessExec>(*out).comm, "a\xef\xbf\xbd\x01");
  ThreadOff off;
  off.state = '\0';
  EXPECT_TRUE(parse_fact("thread_off", fact_json(off)));
}

TEST(FactJson, AbsentFieldsKeepTheirDefaultsAndUnknownOnesAreIgnored) {
  const auto out = parse_fact("process_found", R"({"pid":3,"colour":"red"})");
  ASSERT_TRUE(out);
  EXPECT_EQ(std::get<ProcessFound>(*out).pid, 3);
  EXPECT_EQ(std::get<ProcessFound>(*out).role, ProcessFound::Role::Heartbeat);
}

TEST(FactJson, WrongValuesAreRefusedByName) {
  const auto error = [](std::string_view kind, std::string_view json) {
    const auto out = parse_fact(kind, json);
    return out ? std::string("accepted") : out.error().message;
  };
  EXPECT_THAT(error("comet", "{}"), HasSubstr("unknown kind"));
  EXPECT_THAT(error("thread_on", ""), HasSubstr("not a JSON object"));
  EXPECT_THAT(error("thread_on", "[1]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(error("thread_on", R"({"tid":)"), HasSubstr("not a JSON object"));
  EXPECT_THAT(error("thread_on", R"({"tid":2147483648})"), HasSubstr("\"tid\""));
  EXPECT_THAT(error("thread_on", R"({"tid":1.5})"), HasSubstr("\"tid\""));
  EXPECT_THAT(error("thread_on", R"({"rivals":[{"pid":"x"}]})"), HasSubstr("\"rivals\""));
  EXPECT_THAT(error("thread_on", R"({"rivals":{}})"), HasSubstr("\"rivals\""));
  EXPECT_THAT(error("thread_off", R"({"arguments":[1,2]})"), HasSubstr("\"arguments\""));
  EXPECT_THAT(error("thread_off", R"({"state":"DD"})"), HasSubstr("\"state\""));
  EXPECT_THAT(error("thread_off", R"({"io_wait":1})"), HasSubstr("\"io_wait\""));
  EXPECT_THAT(error("wait_target", R"({"kind":"socket"})"), HasSubstr("\"kind\""));
  EXPECT_THAT(error("socket_drops", R"({"drops":-1})"), HasSubstr("\"drops\""));
  EXPECT_THAT(error("address_change", R"({"address":"x"})"), HasSubstr("\"address\""));
  EXPECT_THAT(error("process_found", std::string(100'000, '[')), HasSubstr("not a JSON object"));
}

}  // namespace
}  // namespace alibi::evidence
