#ifndef CHANNEL_KINDS_H
#define CHANNEL_KINDS_H

/*
 * The kinds that there are, for kinds.c alone. Each file of a kind gives one of these (null.c three).
 */
#include "channel/channel.h"

extern const struct channel_kind null_sms_kind;
extern const struct channel_kind null_group_kind;
extern const struct channel_kind null_sign_kind;
extern const struct channel_kind sms_yunmas_kind;
extern const struct channel_kind sms_kannel_kind;
extern const struct channel_kind wecom_robot_kind;
extern const struct channel_kind led_onbon_kind;

#endif
