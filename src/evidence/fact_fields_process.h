// SPDX-License-Identifier: Apache-2.0
// Of the fields of facts: those of event_process.h and event_thread.h. See fact_fields.h.
#pragma once

#include "evidence/event_process.h"
#include "evidence/event_thread.h"
#include "evidence/fact_is.h"

namespace alibi::evidence {

template <typename V>
void fields(V& v, Is<ProcessFound> auto& f) {
  v("pid", f.pid);
  v("parent", f.parent);
  v("comm", f.comm);
  v("command_line", f.command_line);
  v("netns", f.netns);
  v("role", f.role);
  v("cgroups", f.cgroups);
}
template <typename V>
void fields(V& v, Is<ThreadOff> auto& f) {
  v("tid", f.tid);
  v("pid", f.pid);
  v("state", f.state);
  v("io_wait", f.io_wait);
  v("memory_stall", f.memory_stall);
  v("syscall", f.syscall);
  v("syscall_name", f.syscall_name);
  v("arguments", f.arguments);
  v("stack", f.stack);
}
template <typename V>
void fields(V& v, Is<ThreadRan> auto& f) {
  v("tid", f.tid);
  v("pid", f.pid);
  v("cpu", f.cpu);
  v("syscall", f.syscall);
  v("syscall_name", f.syscall_name);
  v("stack", f.stack);
}
template <typename V>
void fields(V& v, Is<Rival> auto& f) {
  v("pid", f.pid);
  v("comm", f.comm);
  v("ns", f.ns);
  v("policy", f.policy);
}
template <typename V>
void fields(V& v, Is<ThreadOn> auto& f) {
  v("tid", f.tid);
  v("pid", f.pid);
  v("cpu", f.cpu);
  v("rivals", f.rivals);
}
template <typename V>
void fields(V& v, Is<ThreadWoken> auto& f) {
  v("tid", f.tid);
  v("pid", f.pid);
  v("waker_pid", f.waker_pid);
  v("waker_comm", f.waker_comm);
}
template <typename V>
void fields(V& v, Is<WaitTarget> auto& f) {
  v("tid", f.tid);
  v("pid", f.pid);
  v("state", f.state);
  v("wchan", f.wchan);
  v("syscall_name", f.syscall_name);
  v("fd", f.fd);
  v("fd_target", f.fd_target);
  v("kind", f.kind);
  v("is_log", f.is_log);
  v("peer_path", f.peer_path);
  v("filesystem", f.filesystem);
  v("device", f.device);
  v("mount_point", f.mount_point);
  v("reader_pid", f.reader_pid);
  v("reader_comm", f.reader_comm);
  v("reader_state", f.reader_state);
  v("reader_wchan", f.reader_wchan);
  v("reader_syscall", f.reader_syscall);
  v("reader_fd_target", f.reader_fd_target);
  v("reader_filesystem", f.reader_filesystem);
  v("reader_device", f.reader_device);
}
template <typename V>
void fields(V& v, Is<SignalSent> auto& f) {
  v("signal", f.signal);
  v("code", f.code);
  v("target_pid", f.target_pid);
  v("target_comm", f.target_comm);
  v("sender_pid", f.sender_pid);
  v("sender_comm", f.sender_comm);
  v("sender_parent_pid", f.sender_parent_pid);
  v("sender_parent_comm", f.sender_parent_comm);
}
template <typename V>
void fields(V& v, Is<ProcessForked> auto& f) {
  v("parent", f.parent);
  v("child", f.child);
}
template <typename V>
void fields(V& v, Is<ProcessExec> auto& f) {
  v("pid", f.pid);
  v("comm", f.comm);
  v("command_line", f.command_line);
}
template <typename V>
void fields(V& v, Is<ProcessExit> auto& f) {
  v("pid", f.pid);
  v("comm", f.comm);
  v("exit_code", f.exit_code);
  v("oom_victim", f.oom_victim);
}
}  // namespace alibi::evidence
