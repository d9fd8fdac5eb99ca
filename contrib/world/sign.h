#ifndef WORLD_SIGN_H
#define WORLD_SIGN_H

#include <stdbool.h>

#include "world/card.h"
#include "world/frame.h"
#include "world/peer.h"

/*
 * A BX-K card on its own TCP port: connections, frames, faults, answers. What a command does stands in
 * command.c, what the card shows in card.c. Internal.
 */
struct world_sign;

/* Opens the port; NULL with errno. */
struct world_sign *world_sign_new(struct world_peer *peer);
uint16_t world_sign_port(const struct world_sign *sign);
struct world_card *world_sign_card(struct world_sign *sign);
void world_sign_set_mains(struct world_sign *sign, bool on);

/* The network: shut, nobody listens and all connections end; what the card shows stays. */
void world_sign_set_door(struct world_sign *sign, bool open);
void world_sign_close(struct world_sign *sign, void (*closed)(void *arg), void *arg);

/* A card's answer before it is framed. */
struct world_card_reply {
	uint8_t data[256];
	size_t size;
};

/* Starts an answer: group, command, error, two reserved bytes. */
void world_command_reply(struct world_card_reply *reply, uint8_t group, uint8_t command, uint8_t error);

/*
 * Does what a frame asks (not `taken`: only answers as if) and fills the answer. False when the card stays
 * silent. Breaches are written down at the peer.
 */
bool world_command_run(struct world_peer *peer, struct world_card *card, const struct world_frame *frame, bool taken,
	struct world_card_reply *reply);

#endif
