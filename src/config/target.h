// SPDX-License-Identifier: Apache-2.0
// Which object a block's keywords fill and are written from, and the way from it to a member.
#pragma once

#include "config/access.h"

namespace alibi::config {

template <typename T>
struct ClassOf;
template <typename Class, typename Member>
struct ClassOf<Member Class::*> {
  using Type = Class;
};
template <auto First, auto...>
struct OwnerOfPath {
  using Type = typename ClassOf<decltype(First)>::Type;
};
template <auto... Path>
using OwnerOf = typename OwnerOfPath<Path...>::Type;

// The object that a block's keywords fill, and the one they are written from.
template <typename Owner>
Owner& target(Context& context);
template <typename Owner>
const Owner& target(const Subject& subject);

template <>
inline Global& target<Global>(Context& c) {
  return c.draft.settings.global;
}
template <>
inline const Global& target<Global>(const Subject& s) {
  return s.settings.global;
}
template <>
inline Instance& target<Instance>(Context& c) {
  return c.instance->instance;
}
template <>
inline const Instance& target<Instance>(const Subject& s) {
  return *s.instance;
}
template <>
inline SyncGroup& target<SyncGroup>(Context& c) {
  return c.group->group;
}
template <>
inline const SyncGroup& target<SyncGroup>(const Subject& s) {
  return *s.group;
}
template <>
inline Script& target<Script>(Context& c) {
  return c.script->script;
}
template <>
inline const Script& target<Script>(const Subject& s) {
  return *s.script;
}
template <>
inline TrackedProcess& target<TrackedProcess>(Context& c) {
  return c.process->value;
}
template <>
inline const TrackedProcess& target<TrackedProcess>(const Subject& s) {
  return *s.process;
}
template <>
inline Bfd& target<Bfd>(Context& c) {
  return c.bfd->value;
}
template <>
inline const Bfd& target<Bfd>(const Subject& s) {
  return *s.bfd;
}
template <>
inline GarpGroup& target<GarpGroup>(Context& c) {
  return *c.garp_group;
}
template <>
inline const GarpGroup& target<GarpGroup>(const Subject& s) {
  return *s.garp_group;
}

/// From the object along `Path`.
template <auto... Path>
auto& member(Context& context) {
  return (target<OwnerOf<Path...>>(context).*....*Path);
}
template <auto... Path>
const auto& member(const Subject& subject) {
  return (target<OwnerOf<Path...>>(subject).*....*Path);
}

}  // namespace alibi::config
