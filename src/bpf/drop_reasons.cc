// SPDX-License-Identifier: Apache-2.0
#include "bpf/drop_reasons.h"

#include <bpf/btf.h>

#include <memory>
#include <string_view>

namespace alibi::bpf {

std::vector<std::string> drop_reason_names() {
  constexpr std::string_view kPrefix = "SKB_DROP_REASON_";
  constexpr std::int32_t kMost = 4096;  // above are the reasons of subsystems, numbered by kind
  const std::unique_ptr<btf, void (*)(btf*)> types(btf__load_vmlinux_btf(), btf__free);
  if (!types) return {};
  const int id = btf__find_by_name_kind(types.get(), "skb_drop_reason", BTF_KIND_ENUM);
  if (id < 0) return {};
  const btf_type* type = btf__type_by_id(types.get(), static_cast<std::uint32_t>(id));
  std::vector<std::string> names;
  const struct btf_enum* values = btf_enum(type);
  for (std::uint16_t i = 0; i < btf_vlen(type); ++i) {
    const struct btf_enum& value = values[i];
    std::string_view name = btf__name_by_offset(types.get(), value.name_off);
    if (value.val < 0 || value.val > kMost) continue;
    if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
    const auto number = static_cast<std::size_t>(value.val);
    if (names.size() <= number) names.resize(number + 1);
    names[number] = name;
  }
  return names;
}

}  // namespace alibi::bpf
