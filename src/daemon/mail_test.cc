// SPDX-License-Identifier: Apache-2.0
// The alert mail: keepalived's subject, valid headers, the reason; and no mail where none is due.
#include "daemon/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/testing.h"

namespace alibi::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const MailContext kContext{"lb01.example.org", 3600};

TEST(AlertMail, SubjectHeadersAndReason) {
  const auto mail = alert_mail(story_settings(), master_tell(), kContext);
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->subject, "[loadbalancer01] VRRP Instance loadbalancer - Entering MASTER state");
  EXPECT_EQ(mail->from, "loadbalancer01@example.org");
  EXPECT_EQ(mail->to, std::vector<std::string>{"ops@example.org"});
  EXPECT_THAT(mail->data, StartsWith("Date: Tue, 24 Nov 2026 00:02:28 +0100\r\n"));
  EXPECT_THAT(mail->data, HasSubstr("\r\nTo: ops@example.org\r\n"));
  EXPECT_THAT(mail->data, HasSubstr("\r\nX-Mailer: alibi\r\n"));
  EXPECT_THAT(mail->data, HasSubstr("\r\nMessage-ID: <1795474948000000000.77.0@lb01.example.org>"));
  EXPECT_THAT(mail->data, HasSubstr("=> VRRP Instance is now owning VRRP VIPs <=\r\n"));
  EXPECT_THAT(mail->data,
              HasSubstr("reason:    master_silent: no advert from 192.168.205.3 for 3.612 s\r\n"));
  EXPECT_THAT(mail->data, HasSubstr("address:   192.168.205.7\r\n"));
}

TEST(AlertMail, EveryLineEndsWithCrLf) {
  const auto mail = alert_mail(story_settings(), master_tell(), kContext);
  ASSERT_TRUE(mail);
  for (std::size_t i = 0; i < mail->data.size(); ++i) {
    if (mail->data[i] == '\n') {
      ASSERT_GT(i, 0U);
      EXPECT_EQ(mail->data[i - 1], '\r') << "at octet " << i;
    }
  }
  EXPECT_THAT(mail->data, testing::EndsWith("\r\n"));
}

TEST(AlertMail, NoneWithoutSmtpAlertReceiverServerOrTransition) {
  auto settings = story_settings();
  settings.instances[0].smtp_alert = false;
  EXPECT_FALSE(alert_mail(settings, master_tell(), kContext));
  settings = story_settings();
  settings.global.mail.to.clear();
  EXPECT_FALSE(alert_mail(settings, master_tell(), kContext));
  settings = story_settings();
  settings.global.mail.server_host.clear();
  EXPECT_FALSE(alert_mail(settings, master_tell(), kContext));
  Tell tell = master_tell();
  tell.to = vrrp::State::Init;
  EXPECT_FALSE(alert_mail(story_settings(), tell, kContext));
  tell = master_tell();
  tell.kind = Tell::Kind::Note;
  EXPECT_FALSE(alert_mail(story_settings(), tell, kContext));
  tell = master_tell();
  tell.instance = 1;
  EXPECT_FALSE(alert_mail(story_settings(), tell, kContext));
}

TEST(AlertMail, DeadKeeperIsTold) {
  Tell tell = master_tell();
  tell.kind = Tell::Kind::Resigned;
  tell.text = std::string("the keeper, which was killed by signal 9 (Killed)");
  const auto mail = alert_mail(story_settings(), tell, kContext);
  ASSERT_TRUE(mail);
  EXPECT_THAT(mail->subject, testing::EndsWith("- Resigned (its keeper died)"));
  EXPECT_THAT(mail->data, HasSubstr("no longer owning"));
  EXPECT_THAT(mail->data, HasSubstr("reason:    the keeper, which was killed"));
}

TEST(AlertMail, NoFaultsWhenTheyAreNotWanted) {
  auto settings = story_settings();
  Tell tell = master_tell();
  tell.to = vrrp::State::Fault;
  EXPECT_TRUE(alert_mail(settings, tell, kContext));
  settings.global.mail.no_faults = true;
  EXPECT_FALSE(alert_mail(settings, tell, kContext));
  EXPECT_TRUE(alert_mail(settings, master_tell(), kContext));
}

TEST(GroupMail, SubjectAndFirstLineOfKeepalived) {
  auto settings = story_settings();
  config::SyncGroup group;
  group.name = "G1";
  group.members = {0};
  settings.groups = {group};
  const Announcement announcement{Announcement::What::State, true, 0, "G1", "FAULT",
                                  vrrp::State::Fault, 0, "link_down", "interface eth0 went down"};
  EXPECT_FALSE(group_mail(settings, announcement, master_tell(), kContext));
  settings.groups[0].smtp_alert = true;
  const auto mail = group_mail(settings, announcement, master_tell(), kContext);
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->subject, "[loadbalancer01] VRRP Group G1 - Entering FAULT state");
  EXPECT_THAT(mail->data, HasSubstr("=> All VRRP group instances are now in FAULT state <=\r\n"));
  EXPECT_THAT(mail->data, HasSubstr("reason:    link_down: interface eth0 went down\r\n"));
  settings.global.mail.no_faults = true;
  EXPECT_FALSE(group_mail(settings, announcement, master_tell(), kContext));
}

TEST(AlertMail, TextCannotAddHeaders) {
  auto settings = story_settings();
  settings.global.router_id = "lb\r\nBcc: everyone@example.org";
  settings.global.mail.to.push_back("Second <second@example.org>");
  Tell tell = master_tell();
  tell.text = std::string("line\r\n.\r\nQUIT");
  const auto mail = alert_mail(settings, tell, kContext);
  ASSERT_TRUE(mail);
  EXPECT_THAT(mail->data, Not(HasSubstr("\nBcc")));
  EXPECT_THAT(mail->data, Not(HasSubstr("\n.\r\n")));
  EXPECT_EQ(mail->to.at(1), "second@example.org");
  EXPECT_THAT(mail->data,
              HasSubstr("\r\nTo: ops@example.org,\r\n Second <second@example.org>\r\n"));
}

TEST(DateHeader, OffsetsWestAndEast) {
  EXPECT_EQ(date_header(0, 0), "Thu, 1 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(date_header(0, -12600), "Wed, 31 Dec 1969 20:30:00 -0330");
}

}  // namespace
}  // namespace alibi::daemon
